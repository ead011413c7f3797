import { type FileHandle, open } from "node:fs/promises";
import { MachinistError } from "@machinist/core";

/**
 * Look whether a file can serve as a private key: it is there, can be read, is not open to others, and is no public key.
 * Throws `driver.ssh-key`, and `ssh.key-invalid` for a damaged one. What it contains goes nowhere.
 */
export async function checkKeyFile(path: string): Promise<void> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (cause) {
    throw unusable(path, openFailure(cause), "Check --generic-ssh-key.", cause);
  }
  try {
    const { mode } = await inspect(file, path);
    if (process.platform !== "win32" && (mode & 0o077) !== 0)
      throw unusable(path, "other users may read it", `Type \`chmod 600 ${path}\`.`);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    const start = buffer.toString("latin1", 0, bytesRead);
    if (/^(ssh-|ecdsa-|sk-)/.test(start))
      throw unusable(path, "it is a public key", `Give the private one, likely ${path.replace(/\.pub$/, "")}.`);
    if (!/^\s*(-----BEGIN |PuTTY-User-Key-File)/.test(start))
      throw unusable(path, "it holds no private key", "Give a key in OpenSSH or PEM format, as `ssh-keygen` makes it.");
  } finally {
    await file.close();
  }
  // What is in it is the library's to say that will log in with it.
  await (await import("@machinist/ssh")).checkPrivateKey(path);
}

async function inspect(file: FileHandle, path: string): Promise<{ mode: number }> {
  const found = await file.stat();
  if (!found.isFile()) throw unusable(path, "it is not a file", "Check --generic-ssh-key.");
  return found;
}

function openFailure(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "you may not read it";
  return `it cannot be opened (${String(code)})`;
}

const unusable = (path: string, why: string, hint: string, cause?: unknown): MachinistError =>
  new MachinistError("driver.ssh-key", `The SSH key ${path} cannot be used: ${why}`, { hint, cause });
