import { createHmac } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { MachinistError, writeAtomic } from "@machinist/core";
import { knownName } from "./address.ts";
import { keyType, type PublicKey } from "./fingerprint.ts";

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
  const lines = (await readText(file)).split("\n").filter((line) => line !== "");
  await write(file, withKeys(lines, name, keys));
}

function withKeys(lines: readonly string[], name: string, keys: readonly string[]): string[] {
  const others = lines.filter((line) => line.split(/\s+/)[0] !== name);
  const pinned = keys.map((key) => `${name} ${key.trim().split(/\s+/).slice(0, 2).join(" ")}`);
  return [...others, ...new Set(pinned)];
}

/** Durable before it resolves: a secret may be thrown away on the strength of it. */
async function write(file: string, lines: readonly string[]): Promise<void> {
  const text = [...lines, ""].join("\n");
  if (text === (await readText(file))) return;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeAtomic(file, text, 0o600);
  } catch (cause) {
    throw unusable(file, "written", cause);
  }
}

/** Stands for the machine itself in its own file, beside its addresses; no host can have this name (RFC 2606). */
const PROVED = "proved-host.invalid";

/** The keys that this file's machine has proved to be its own, wherever it was reached. */
export const readProvedKeys = (file: string): Promise<KnownKey[]> => readKnownKeys(file, PROVED, 22);

/** Pins the key that a machine has proved; what an earlier machine of this name has proved is forgotten, at all addresses. */
export async function pinProved(file: string, host: string, port: number, key: string): Promise<void> {
  const before = await readProvedKeys(file);
  const isOld = (line: string) => {
    const entry = parseLine(line);
    return entry !== undefined && !entry.revoked && before.some(({ blob }) => blob.equals(entry.blob));
  };
  const kept = (await readText(file)).split("\n").filter((line) => line !== "" && !isOld(line));
  await write(file, withKeys(withKeys(kept, knownName(host, port), [key]), PROVED, [key]));
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

/** By `*` and `?`. Only the last `*` is ever gone back to, so that no line, however made, takes long. */
function fits(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let taken = 0;
  for (let index = 0; index < name.length; ) {
    const sign = pattern[at];
    if (sign === "*") {
      star = at++;
      taken = index;
    } else if (sign === "?" || (sign !== undefined && sign === name[index])) {
      at++;
      index++;
    } else if (star >= 0) {
      at = star + 1;
      index = ++taken;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}
