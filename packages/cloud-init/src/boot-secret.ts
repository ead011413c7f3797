import { randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MachinistError, writeAtomic } from "@machinist/core";
import { isBootSecret } from "./boot-script.ts";

/** 64 hex digits: one machine's, or one batch's that shares its user-data. */
export const newBootSecret = (): string => randomBytes(32).toString("hex");

/** Where a machine's boot secret waits for the first connection: an endpoint's `bootSecret`. */
export const bootSecretPath = (machineDir: string): string => join(machineDir, "boot-secret");

/** Before the machine is asked for: a host whose secret was lost cannot prove anything. Throws `store.write`. */
export async function writeBootSecret(machineDir: string, secret: string): Promise<void> {
  const path = bootSecretPath(machineDir);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeAtomic(path, `${checkedSecret(secret)}\n`, 0o600);
}

/** Undefined where there is none: never made, or not needed any more. Throws `cloud-init.boot-secret` for one that is damaged. */
export async function readBootSecret(machineDir: string): Promise<string | undefined> {
  const path = bootSecretPath(machineDir);
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return undefined;
    throw new MachinistError("cloud-init.boot-secret", `${path} cannot be read`, {
      cause,
      hint: `Look at it: ls -ld '${path}'`,
    });
  });
  return text === undefined ? undefined : checkedSecret(text.trim());
}

/** Throws `cloud-init.boot-secret`; what it is given instead is not repeated. */
export function checkedSecret(secret: string): string {
  if (isBootSecret(secret)) return secret;
  throw new MachinistError("cloud-init.boot-secret", "A boot secret is 64 lowercase hex digits, and this is not", {
    hint: "If its file was changed by something else, recreate the machine",
  });
}
