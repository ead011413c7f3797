import { homedir } from "node:os";
import { join, resolve } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

/** docker-machine's own rule: $MACHINE_STORAGE_PATH, else ~/.docker/machine. */
export const storagePath = (env: Env): string =>
  env.MACHINE_STORAGE_PATH ? resolve(env.MACHINE_STORAGE_PATH) : join(env.HOME || homedir(), ".docker", "machine");
