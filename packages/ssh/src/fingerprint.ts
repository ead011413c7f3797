import { createHash } from "node:crypto";
import { MachinistError } from "@machinist/core";
import { WireReader } from "./wire.ts";

/** A public key as it goes over the wire, with the name of its type (`ssh-ed25519`). */
export interface PublicKey {
  readonly type: string;
  readonly blob: Buffer;
}

/**
 * The SHA-256 fingerprint of a public key as `ssh-keygen -l` prints it (`SHA256:…`). Takes an OpenSSH public key line
 * or the key's bytes. Throws `ssh.key-invalid`.
 */
export function fingerprint(key: string | Uint8Array): string {
  const blob = typeof key === "string" ? parsePublicKey(key).blob : key;
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

/** Reads `TYPE BASE64 [COMMENT]`. Throws `ssh.key-invalid`. */
export function parsePublicKey(line: string): PublicKey {
  const [type = "", base64 = ""] = line.trim().split(/\s+/);
  const blob = Buffer.from(base64, "base64");
  if (keyType(blob) !== type || type === "")
    throw new MachinistError("ssh.key-invalid", "This is not an OpenSSH public key line", {
      hint: "A public key is one line such as `ssh-ed25519 AAAA… comment`, the content of a .pub file.",
    });
  return { type, blob };
}

/** The type a public key's bytes say they have; empty where they are no key. */
export function keyType(blob: Buffer): string {
  try {
    return new WireReader(blob).string().toString("latin1");
  } catch {
    return "";
  }
}
