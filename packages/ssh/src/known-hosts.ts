import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { MachinistError } from "@machinist/core";
import { knownName } from "./address.ts";
import { keyType, type PublicKey } from "./fingerprint.ts";
import { replaceFile } from "./private-file.ts";

/** A line of a known_hosts file that speaks of some host. */
export interface KnownKey extends PublicKey {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly revoked: boolean;
}

/** What a known_hosts file says of one address. A file that is not there says nothing. */
export async function readKnownKeys(file: string, host: string, port: number): Promise<KnownKey[]> {
  const name = knownName(host, port);
  const lines = (await readText(file)).split("\n");
  return lines.flatMap((text, index) => {
    const entry = parseLine(text);
    if (entry === undefined || !matches(entry.hosts, name)) return [];
    return [{ type: entry.type, blob: entry.blob, revoked: entry.revoked, file, line: index + 1 }];
  });
}

/** Makes `keys` (`TYPE BASE64` lines) the only ones a file knows for an address; other addresses stay. */
export async function pinKeys(file: string, host: string, port: number, keys: readonly string[]): Promise<void> {
  const name = knownName(host, port);
  const before = await readText(file);
  const others = before.split("\n").filter((line) => line !== "" && line.split(/\s+/)[0] !== name);
  const pinned = keys.map((key) => `${name} ${key.trim().split(/\s+/).slice(0, 2).join(" ")}`);
  const after = [...others, ...new Set(pinned), ""].join("\n");
  if (after === before) return;
  await replaceFile(file, after).catch((cause: unknown) => {
    throw unusable(file, "written", cause);
  });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw unusable(file, "read", error);
  }
}

const unusable = (file: string, verb: string, cause: unknown): MachinistError =>
  new MachinistError("ssh.known-hosts", `The list of known hosts ${file} cannot be ${verb}`, {
    cause,
    hint: `Look at it: ls -ld '${file}'`,
  });

interface Line extends PublicKey {
  readonly hosts: string;
  readonly revoked: boolean;
}

function parseLine(text: string): Line | undefined {
  const fields = text.trim().split(/\s+/);
  if (fields[0] === "" || fields[0]!.startsWith("#")) return undefined;
  const marker = fields[0]!.startsWith("@") ? fields.shift() : undefined;
  // Certificate authorities sign host certificates, which ssh2 cannot ask for: such a line vouches for no plain key.
  if (marker !== undefined && marker !== "@revoked") return undefined;
  const [hosts = "", type = "", base64 = ""] = fields;
  const blob = Buffer.from(base64, "base64");
  if (keyType(blob) !== type || type === "") return undefined;
  return { hosts, type, blob, revoked: marker === "@revoked" };
}

/** OpenSSH's rules: hashed names, or patterns of which one has to fit and none with `!` may. */
function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith("|1|")) {
    const [, , salt = "", hash = ""] = hosts.split("|");
    return createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest("base64") === hash;
  }
  let found = false;
  for (const item of hosts.toLowerCase().split(",")) {
    const negated = item.startsWith("!");
    if (!fits(negated ? item.slice(1) : item, name)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

function fits(pattern: string, name: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === name;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`).test(name);
}
