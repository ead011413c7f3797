import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

/** The user's own cache folder of this program, where the system keeps such: the same for all stores. */
export function userCache(env: Env, platform: NodeJS.Platform = process.platform): string {
  const home = env.HOME || homedir();
  if (platform === "win32") return join(env.LOCALAPPDATA || join(home, "AppData", "Local"), "machinist", "cache");
  if (platform === "darwin") return join(home, "Library", "Caches", "machinist");
  // What is no absolute path is to be ignored, says the specification.
  const base = env.XDG_CACHE_HOME;
  return join(base && isAbsolute(base) ? base : join(home, ".cache"), "machinist");
}
