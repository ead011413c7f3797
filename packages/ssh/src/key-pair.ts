import { generateKeyPair, type KeyObject, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { MachinistError } from "@machinist/core";
import { WireReader, wireNumber, wireString } from "./wire.ts";

const generate = promisify(generateKeyPair);
const MAGIC = Buffer.from("openssh-key-v1\0", "latin1");
const BEGIN = "-----BEGIN OPENSSH PRIVATE KEY-----";
const END = "-----END OPENSSH PRIVATE KEY-----";

export interface KeyPair {
  /** OpenSSH PEM, without a passphrase. */
  readonly privateKey: string;
  /** One line, without a line end. */
  readonly publicKey: string;
}

/** Makes an ed25519 key pair on this computer, in OpenSSH's own format. */
export async function makeKeyPair(comment: string): Promise<KeyPair> {
  return pairOf((await generate("ed25519")).privateKey, comment);
}

/** An ed25519 key of Node's as OpenSSH writes it. */
export function pairOf(key: KeyObject, comment: string): KeyPair {
  const { d = "", x = "" } = key.export({ format: "jwk" });
  const publicBytes = Buffer.from(x, "base64url");
  const words = oneLine(comment);
  const blob = Buffer.concat([wireString("ssh-ed25519"), wireString(publicBytes)]);
  return {
    privateKey: pem(privateFile(Buffer.from(d, "base64url"), publicBytes, blob, words)),
    publicKey: publicLine(blob, words),
  };
}

/** The public key line that belongs to a private key in OpenSSH's format; needs no passphrase. Throws `ssh.key-invalid`. */
export function publicKeyOf(privateKey: string, comment: string): string {
  const start = privateKey.indexOf(BEGIN);
  const end = privateKey.indexOf(END);
  const bytes = Buffer.from(start < 0 ? "" : privateKey.slice(start + BEGIN.length, end), "base64");
  try {
    if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new RangeError("no magic number");
    const reader = new WireReader(bytes.subarray(MAGIC.length));
    for (let field = 0; field < 3; field++) reader.string(); // cipher, derivation, its options
    if (reader.number() !== 1) throw new RangeError("not exactly one key");
    return publicLine(reader.string(), oneLine(comment));
  } catch (cause) {
    throw new MachinistError("ssh.key-invalid", "This is not a private key in OpenSSH's format", { cause });
  }
}

/** A comment can hold no line end: what follows would be read as another key. */
const oneLine = (comment: string): string => comment.replace(/[\s\0]+/g, " ").trim();

function publicLine(blob: Buffer, comment: string): string {
  const type = new WireReader(blob).string().toString("latin1");
  return `${type} ${blob.toString("base64")}${comment === "" ? "" : ` ${comment}`}`;
}

/** The layout is described in OpenSSH's PROTOCOL.key. */
function privateFile(seed: Buffer, publicBytes: Buffer, blob: Buffer, comment: string): Buffer {
  const check = randomBytes(4);
  const secret = Buffer.concat([
    check,
    check,
    wireString("ssh-ed25519"),
    wireString(publicBytes),
    wireString(Buffer.concat([seed, publicBytes])),
    wireString(comment),
  ]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7]).subarray(0, (8 - (secret.length % 8)) % 8);
  return Buffer.concat([
    MAGIC,
    wireString("none"),
    wireString("none"),
    wireString(""),
    wireNumber(1),
    wireString(blob),
    wireString(Buffer.concat([secret, padding])),
  ]);
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,70}/g) ?? [];
  return `${[BEGIN, ...lines, END].join("\n")}\n`;
}
