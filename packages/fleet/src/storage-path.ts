import { homedir } from "node:os";
import { join, resolve } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * What was asked for, else docker-machine's own rule: $MACHINE_STORAGE_PATH, else ~/.docker/machine. Absolute, because
 * what is made there (certificate paths in shells, mounts) is used from other folders too.
 */
export const storagePath = (env: Env, asked?: string): string =>
  resolve(asked || env.MACHINE_STORAGE_PATH || join(env.HOME || homedir(), ".docker", "machine"));
