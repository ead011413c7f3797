import { createPrivateKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isMachinistError, MachinistError } from "@machinist/core";
import { readableShellWord } from "@machinist/values";
import { pairOf } from "./key-pair.ts";
import { loadSsh2 } from "./ssh2-library.ts";

/** A private key in a form that ssh2 takes, and the public key's bytes. */
export interface PrivateKey {
  readonly text: Buffer;
  readonly publicKey: Buffer;
}

/** Throws `ssh.key-missing`, and `ssh.key-invalid` where no login can use the file; a passphrase is not asked for. */
export async function checkPrivateKey(path: string): Promise<void> {
  await parsePrivateKey(path, await readPrivateKey(path));
}

/** Throws `ssh.key-missing`. */
export async function readPrivateKey(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw new MachinistError("ssh.key-missing", `The private key ${path} cannot be read`, {
      cause,
      hint: missing ? "Check the path of the key." : `Make it readable for you alone: chmod 600 '${path}'`,
    });
  }
}

/** Undefined where the key has a passphrase and none was given. Throws `ssh.key-invalid`, `ssh.key-passphrase`. */
export async function parsePrivateKey(
  path: string,
  file: Buffer,
  passphrase?: string,
): Promise<PrivateKey | undefined> {
  const pkcs8 = isPkcs8(file);
  const text = pkcs8 ? fromPkcs8(path, file, passphrase) : file;
  if (text === undefined) return undefined;
  const { utils } = await loadSsh2();
  const key = utils.parseKey(text, pkcs8 ? undefined : passphrase);
  if (!(key instanceof Error)) {
    if (key.isPrivateKey()) return { text, publicKey: key.getPublicSSH() };
    throw invalid(path, "it is a public key", "Name the file without .pub.");
  }
  const encrypted = /encrypted/i.test(key.message) && /passphrase/i.test(key.message);
  if (encrypted && passphrase === undefined) return undefined;
  if (passphrase !== undefined) throw wrongPassphrase(path, key);
  if (file.toString("latin1", 0, 24).startsWith("PuTTY-User-Key-File-"))
    throw invalid(
      path,
      "it is in PuTTY's format",
      `Make a copy of it: puttygen '${path}' -O private-openssh -o '${path}.openssh'`,
    );
  // Of a copy: ssh-keygen rewrites the file that it is given.
  throw invalid(
    path,
    key.message,
    `Try a copy of it in OpenSSH's format: cp '${path}' '${path}.openssh'; ssh-keygen -p -f '${path}.openssh'`,
  );
}

const isPkcs8 = (file: Buffer): boolean => /-----BEGIN (?:ENCRYPTED )?PRIVATE KEY-----/.test(file.toString("latin1"));

/** What `openssl genpkey` and cloud consoles write; ssh2 knows only the older forms of the same keys. */
function fromPkcs8(path: string, file: Buffer, passphrase: string | undefined): Buffer | undefined {
  if (passphrase === undefined && file.includes("-----BEGIN ENCRYPTED ")) return undefined;
  try {
    const key = createPrivateKey({ key: file, ...(passphrase === undefined ? {} : { passphrase }) });
    if (key.asymmetricKeyType === "rsa") return Buffer.from(key.export({ type: "pkcs1", format: "pem" }));
    if (key.asymmetricKeyType === "ec") return Buffer.from(key.export({ type: "sec1", format: "pem" }));
    if (key.asymmetricKeyType === "ed25519") return Buffer.from(pairOf(key, "").privateKey);
    throw invalid(
      path,
      `SSH knows no keys of type ${key.asymmetricKeyType}`,
      "Use a key of type ed25519, ecdsa or rsa.",
    );
  } catch (cause) {
    if (isMachinistError(cause)) throw cause;
    if (passphrase !== undefined) throw wrongPassphrase(path, cause);
    throw invalid(path, "it is damaged", "Fetch it again from where it was made.");
  }
}

const wrongPassphrase = (path: string, cause: unknown): MachinistError =>
  new MachinistError("ssh.key-passphrase", `The passphrase does not open the key ${path}`, {
    cause,
    hint: `Try again, or give the key to your SSH agent first: ssh-add ${readableShellWord(path)}`,
  });

function invalid(path: string, why: string, hint: string): MachinistError {
  return new MachinistError("ssh.key-invalid", `The private key ${path} cannot be used: ${why}`, { hint });
}
