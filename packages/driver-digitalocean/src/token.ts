import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { MachinistError } from "@machinist/core";

type Env = Readonly<Record<string, string | undefined>>;

export const tokenVariable = "DIGITALOCEAN_ACCESS_TOKEN";

/** The token of the environment, else of doctl's current context. It is read again by each run, and kept in memory only. */
export async function findToken(env: Env, platform: string = process.platform): Promise<string> {
  const token = env[tokenVariable]?.trim() || (await doctlToken(env, platform));
  if (token && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new MachinistError(
    "digitalocean.no-token",
    token
      ? "The access token for DigitalOcean has characters that no token has"
      : "There is no access token for DigitalOcean",
    { hint: `Set ${tokenVariable}, or log in once with doctl: doctl auth init` },
  );
}

/** Where doctl keeps its configuration. */
export function doctlConfig(env: Env, platform: string): string {
  const home = env.HOME ?? env.USERPROFILE ?? homedir();
  const folders: { readonly [platform: string]: string } = {
    darwin: join(home, "Library", "Application Support"),
    win32: env.APPDATA ?? join(home, "AppData", "Roaming"),
  };
  return join(folders[platform] ?? (env.XDG_CONFIG_HOME || join(home, ".config")), "doctl", "config.yaml");
}

async function doctlToken(env: Env, platform: string): Promise<string | undefined> {
  const path = doctlConfig(env, platform);
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text);
  const config = document.errors.length > 0 ? undefined : document.toJS();
  // The parser's own message would quote the line, and the line may be the token.
  if (typeof config !== "object" || config === null)
    throw new MachinistError("digitalocean.doctl", `${path} is not as doctl writes it`, {
      hint: `Mend it (doctl auth init), or set ${tokenVariable}`,
    });
  const context = String(env.DIGITALOCEAN_CONTEXT || config.context || "default");
  const token = context === "default" ? config["access-token"] : config["auth-contexts"]?.[context];
  return typeof token === "string" ? token.trim() || undefined : undefined;
}
