import { createHash } from "node:crypto";
import { lstat, mkdir, readFile, stat } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { dirname, join, relative } from "node:path";
import { type Data, MachinistError, writeAtomic } from "@machinist/core";
import { type Forward, parseForward } from "./argv.ts";
import type { Accel, Arch } from "./probe.ts";
import { findCarrier } from "./process.ts";

/** What was decided about a machine, kept in its folder: what it needs to be started again. No secret is in it. */
export type Instance = {
  owner: string;
  folder: string;
  hostname: string;
  user: string;
  /** `ssh-ed25519 AAAA…` */
  hostKey: string;
  disk: string;
  socket: string;
  arch: Arch;
  accel: Accel | "auto";
  cpus: number;
  memory: number;
  /** Machine port → port of 127.0.0.1 that was chosen for it and is kept. */
  ports: { [guestPort: string]: number };
  publish: string[];
};

/** `hostname` is empty while the machine is unfinished, which shows as drift of `complete`. `pid` 0: it does not run. */
export type MachineState = Instance & { running: boolean; pid: number; emulated: boolean };

const UNFINISHED: Omit<Instance, "owner" | "folder"> = {
  ...{ hostname: "", user: "", hostKey: "", disk: "", socket: "", arch: "x86_64", accel: "auto" },
  ...{ cpus: 0, memory: 0, ports: {}, publish: [] },
};

const recordPath = (folder: string): string => join(folder, "machine.json");

export async function readInstance(folder: string): Promise<Instance | undefined> {
  const text = await readFile(recordPath(folder), "utf8").catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT" || thrown.code === "ENOTDIR") return undefined;
    throw unreadable(folder, thrown);
  });
  if (text === undefined) return undefined;
  try {
    return inPlace(JSON.parse(text) as Instance, folder);
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

/** Its paths were written where the store was then; the disk and the socket moved with it. */
function inPlace(kept: Instance, folder: string): Instance {
  if (kept.folder === folder) return kept;
  const own = (path: string) => join(folder, relative(kept.folder, path));
  const socket = dirname(kept.socket) === kept.folder ? own(kept.socket) : kept.socket;
  return { ...kept, folder, disk: own(kept.disk), socket };
}

export const saveInstance = (folder: string, instance: Instance): Promise<void> =>
  writeAtomic(recordPath(folder), `${JSON.stringify(instance)}\n`);

const unreadable = (folder: string, cause: unknown) =>
  new MachinistError("qemu.corrupt", `${recordPath(folder)} cannot be read`, {
    cause,
    hint: "It was changed by something else: restore it, or remove its folder to give the machine up",
  });

/** What is known of a machine: nothing (no folder), that it is unfinished, or all of it. */
export async function readState(folder: string, owner: string): Promise<MachineState | undefined> {
  const found = await stat(folder).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT" || thrown.code === "ENOTDIR") return undefined;
    throw unreadable(folder, thrown);
  });
  const [instance, carrier] = await Promise.all([readInstance(folder), findCarrier(folder, owner)]);
  if (!found && !carrier) return undefined;
  return {
    ...UNFINISHED,
    owner,
    folder,
    ...instance,
    running: carrier !== undefined,
    pid: carrier?.pid ?? 0,
    emulated: carrier?.emulated ?? false,
  };
}

/** The most bytes that the path of a Unix socket may have, on the strictest system (macOS), with its end. */
const LONGEST = 103;

/** In the machine's own folder, or where that has too long a path, in one of this user's own. */
export async function socketPath(folder: string, owner: string): Promise<string> {
  const direct = join(folder, "qmp.sock");
  if (Buffer.byteLength(direct) <= LONGEST) return direct;
  const { uid } = userInfo();
  const short = join(tmpdir(), `machinist-${uid}`);
  await mkdir(short, { mode: 0o700 }).catch(() => {});
  const found = await lstat(short);
  // Everybody may make folders there: one that is not ours alone would give the machine away.
  if (!found.isDirectory() || (uid >= 0 && found.uid !== uid) || (found.mode & 0o077) !== 0)
    throw new MachinistError("qemu.socket", `${short} does not belong to this user alone`, {
      hint: `See: ls -ld ${short}`,
    });
  return join(short, `${createHash("sha256").update(owner).digest("hex").slice(0, 16)}.qmp`);
}

/** Where the machine's port answers, as far as it is forwarded. */
export const forwardsOf = ({ ports, publish }: Instance): Forward[] => [
  ...Object.entries(ports).map(
    ([guestPort, port]): Forward => ({ protocol: "tcp", address: "127.0.0.1", port, guestPort: Number(guestPort) }),
  ),
  ...publish.map(parseForward),
];

export type MachineProps = {
  hostname: string;
  publicKey: string;
  user: string;
  /** Id of the disk. */
  disk: string;
  arch: Arch;
  accel: Accel | "auto";
  cpus: number;
  memory: number;
  publish: string[];
  /** Ports of the machine that get a port of 127.0.0.1: SSH's and the engine's. */
  ports: number[];
  /** Path of the user's own user-data; empty: none. */
  userData: string;
} & Data;
