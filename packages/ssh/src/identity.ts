import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isMachinistError, MachinistError } from "@machinist/core";
import { makeKeyPair, publicKeyOf } from "./key-pair.ts";
import { createFile, replaceFile } from "./private-file.ts";

export interface Identity {
  /** Path of the private key. */
  readonly path: string;
  /** One line. */
  readonly publicKey: string;
}

/**
 * The key pair of a folder (`id_ed25519`, 0600, and `id_ed25519.pub`), made if it is not there. May be called again and
 * by several processes at once: all get the same pair. Throws `ssh.key-invalid` for a file that holds no key,
 * and `ssh.key-write`.
 */
export async function writeIdentity(folder: string, comment = "machinist"): Promise<Identity> {
  try {
    return await ensurePair(folder, comment);
  } catch (cause) {
    if (isMachinistError(cause)) throw cause;
    throw new MachinistError(
      "ssh.key-write",
      `The key pair in ${folder} cannot be written: ${(cause as Error).message}`,
      {
        cause,
        hint: `Look at the folder and the room left: ls -ld '${folder}'; df -h '${folder}'`,
      },
    );
  }
}

async function ensurePair(folder: string, comment: string): Promise<Identity> {
  const path = join(folder, "id_ed25519");
  if ((await readIfThere(path)) === undefined) {
    const pair = await makeKeyPair(comment);
    await createFile(path, pair.privateKey);
  }
  const publicKey = publicKeyOf(await readFile(path, "utf8"), comment);
  await chmod(path, 0o600);
  // The private key is the truth: the other file is made again whenever it was lost or is another key's.
  const written = await readIfThere(`${path}.pub`);
  if (keyOf(written) !== keyOf(publicKey)) await replaceFile(`${path}.pub`, `${publicKey}\n`, 0o644);
  return { path, publicKey: keyOf(written) === keyOf(publicKey) ? written!.trim() : publicKey };
}

/** Type and key, without the comment. */
const keyOf = (line: string | undefined): string | undefined => line?.trim().split(/\s+/).slice(0, 2).join(" ");

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
