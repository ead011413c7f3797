import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { MachinistError } from "@machinist/core";
import { attempt, run } from "@machinist/programs";
import { type Seed, seedFiles } from "./cloud-init.ts";
import { exists, readJson, writeWhole } from "./registry.ts";

/** What was decided about a machine instance. Written last: with it, the tree is complete. */
export interface Instance {
  readonly owner: string;
  readonly hostname: string;
  readonly publicKey: string;
  readonly address: string;
  /** `ssh-ed25519 AAAA…`; empty where the machine makes its own. */
  readonly hostKey: string;
  readonly networkOwner: string;
  /** Bytes, and processors; absent: no limit. */
  readonly memory?: number;
  readonly cpus?: number;
}

/** What goes into a new tree. */
export interface TreeSpec {
  readonly hostname: string;
  readonly publicKey: string;
  readonly address: string;
  readonly gateway: string;
  readonly resolvConf: string;
  /** For cloud-init: then it lets `publicKey` in, and makes the host's keys. */
  readonly seed?: Seed;
}

export interface TreeFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

/** The files that make a machine itself. Pure. */
export function filesFor(spec: TreeSpec, machineId: string): TreeFile[] {
  const { hostname, address, gateway } = spec;
  const network = [
    "[Match]\nName=host0\n",
    `[Network]\nAddress=${address}/24\nGateway=${gateway}\nDHCP=no\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n`,
  ];
  return [
    { path: "etc/hostname", content: `${hostname}\n`, mode: 0o644 },
    {
      path: "etc/hosts",
      content: `127.0.0.1 localhost\n127.0.1.1 ${hostname}\n::1 localhost ip6-localhost ip6-loopback\n`,
      mode: 0o644,
    },
    { path: "etc/machine-id", content: `${machineId}\n`, mode: 0o444 },
    { path: "etc/resolv.conf", content: spec.resolvConf, mode: 0o644 },
    { path: "etc/systemd/network/10-host0.network", content: network.join("\n"), mode: 0o644 },
    ...(spec.seed === undefined
      ? [{ path: "root/.ssh/authorized_keys", content: `${spec.publicKey.trim()}\n`, mode: 0o600 }]
      : seedFiles(spec.seed)),
  ];
}

/** Folders of the tree that must not take their mode from our umask: in the overlay ours hide the image's. */
const FOLDERS: readonly (readonly [path: string, mode: number])[] = [
  ["", 0o755],
  ["etc", 0o755],
  ["etc/ssh", 0o755],
  ["etc/systemd", 0o755],
  ["etc/systemd/network", 0o755],
  ["root", 0o700],
  ["root/.ssh", 0o700],
  ["var", 0o755],
  ["var/lib", 0o755],
];

const HOST_KEY = "etc/ssh/ssh_host_ed25519_key";

/**
 * Make the folder of an instance: `upper` and `work` for the overlay over `lower`, `root` to mount it on, and plain
 * folders for what must not lie on an overlay. Started again after an interruption it makes what is missing again.
 */
export async function makeTree(folder: string, image: string, spec: TreeSpec): Promise<string> {
  const upper = join(folder, "upper");
  // An unfinished tree was never booted: nothing in it is anyone's.
  for (const each of ["upper", "work", "lower"]) await rm(join(folder, each), { recursive: true, force: true });
  for (const each of ["work", "root", "docker", "containerd"]) await mkdir(join(folder, each), { recursive: true });
  for (const [path, mode] of FOLDERS) {
    await mkdir(join(upper, path), { recursive: true });
    await chmod(join(upper, path), mode);
  }
  // Mount options separate paths by colons and commas; a link's name has neither.
  await symlink(image, join(folder, "lower"));
  for (const { path, content, mode } of filesFor(spec, randomBytes(16).toString("hex"))) {
    await mkdir(dirname(join(upper, path)), { recursive: true, mode: 0o755 });
    await writeFile(join(upper, path), content, { mode });
    await chmod(join(upper, path), mode);
  }
  if (spec.seed !== undefined) return "";
  const key = join(upper, HOST_KEY);
  await run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", spec.hostname, "-f", key]);
  return publicPart(await readFile(`${key}.pub`, "utf8"));
}

/** The image that a tree is an overlay of is where the cache is now, when both were moved together. */
export async function followImage(folder: string, images: string): Promise<void> {
  const link = join(folder, "lower");
  const named = await readlink(link);
  if (await exists(named)) return;
  const there = join(images, basename(named));
  if (!(await exists(there)))
    throw new MachinistError("nspawn.image-gone", `The image that the machine stands on is gone: ${named}`, {
      hint: `Put it back there, or into ${images}`,
    });
  await rm(`${link}.new`, { force: true });
  await symlink(there, `${link}.new`);
  await rename(`${link}.new`, link);
}

/** The key that a machine has made itself; empty while it has none. */
export async function hostKeyIn(upper: string): Promise<string> {
  const line = publicPart(await readFile(join(upper, `${HOST_KEY}.pub`), "utf8").catch(() => ""));
  return /^ssh-ed25519 [A-Za-z0-9+/]+=*$/.test(line) ? line : "";
}

/** Type and key of a public key line, without its comment. */
export const publicPart = (line: string): string => line.trim().split(/\s+/).slice(0, 2).join(" ");

const recordPath = (folder: string): string => join(folder, "machine.json");

export const readInstance = (folder: string): Promise<Instance | undefined> => readJson<Instance>(recordPath(folder));

export const saveInstance = (folder: string, instance: Instance): Promise<void> =>
  writeWhole(recordPath(folder), instance);

/** The pid that the boot wrote before it became the machine; it says too that the machine was started at least once. */
export async function bootedPid(folder: string): Promise<number | undefined> {
  const text = await readFile(join(folder, "pid"), "utf8").catch(() => "");
  return /^\d+\n$/.test(text) ? Number(text) : undefined;
}

/** Change the key that opens the machine. `root` is its tree as seen from here: live, or the upper folder of a stopped one. */
export async function authorize(root: string, publicKey: string): Promise<void> {
  const path = join(root, "root/.ssh/authorized_keys");
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, `${publicKey.trim()}\n`, { mode: 0o600 });
}

export async function removeTree(folder: string): Promise<void> {
  if (!(await exists(folder))) return;
  await attempt(["umount", "--lazy", "--quiet", join(folder, "root")]);
  await run(["rm", "-rf", "--one-file-system", "--", folder], { timeoutMs: 5 * 60_000 });
}

/** Name servers that a machine can reach too: one on this computer's loopback is not among them. */
export function usableResolvConf(...texts: readonly string[]): string {
  for (const text of texts) {
    const lines = text.split("\n").filter((line) => /^\s*(nameserver|search|options|domain)\s/.test(line));
    const usable = lines.filter((line) => !/^\s*nameserver\s+(127\.|::1)/.test(line));
    if (usable.some((line) => line.trim().startsWith("nameserver"))) return `${usable.join("\n")}\n`;
  }
  return "";
}

export async function hostResolvConf(): Promise<string> {
  const read = (path: string) => readFile(path, "utf8").catch(() => "");
  return usableResolvConf(await read("/etc/resolv.conf"), await read("/run/systemd/resolve/resolv.conf"));
}
