import { readdir, readFile, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { MachinistError, processMark } from "@machinist/core";
import { attempt } from "@machinist/programs";
import { pidPath } from "./argv.ts";

/** A living QEMU; with its start time, no other process can be taken for it. */
export interface Carrier {
  readonly pid: number;
  readonly mark: string;
  readonly emulated: boolean;
}

const isOwners = (command: string, owner: string): boolean =>
  command.includes("qemu-system-") && command.includes(`guest=machinist-${owner} `);

/** The owner tag that a command line (words apart by blanks) carries. */
export const ownerIn = (command: string): string | undefined =>
  command.includes("qemu-system-") ? / guest=machinist-([a-z0-9-]+) /.exec(command)?.[1] : undefined;

/** The process of the machine with this owner tag; its pid file is looked at first. */
export async function findCarrier(folder: string, owner: string): Promise<Carrier | undefined> {
  const hint = Number(await readFile(pidPath(folder), "utf8").catch(() => "0"));
  const first = { pid: hint, command: hint > 1 ? await commandOf(hint) : "" };
  const candidates = isOwners(first.command, owner) ? [first] : await qemuProcesses();
  for (const { pid, command } of candidates) {
    const mark = isOwners(command, owner) ? await processMark(pid) : undefined;
    if (mark !== undefined) return { pid, mark, emulated: command.includes(" -accel tcg") };
  }
  return undefined;
}

export interface Listed {
  readonly pid: number;
  readonly command: string;
}

/** Every QEMU of this user. Others may claim any name: what they run is neither believed nor ended. */
export async function qemuProcesses(): Promise<Listed[]> {
  const all = process.platform === "linux" ? await linuxProcesses() : await psProcesses("-xww");
  return all.filter(({ command }) => command.includes("qemu-system-"));
}

async function linuxProcesses(): Promise<Listed[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry)).map(Number);
  return Promise.all(pids.map(async (pid) => ({ pid, command: await commandOf(pid) })));
}

/** Empty for a process that is gone, or another user's. */
async function commandOf(pid: number): Promise<string> {
  if (process.platform !== "linux") return (await psProcesses("-xww", "-p", String(pid)))[0]?.command ?? "";
  const owned = await stat(`/proc/${pid}`)
    .then(({ uid }) => uid === process.getuid?.())
    .catch(() => false);
  return owned ? (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ") : "";
}

async function psProcesses(...args: string[]): Promise<Listed[]> {
  const { stdout } = await attempt(["ps", ...args, "-o", "pid=,uid=,command="]);
  const lines = stdout.split("\n").map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line));
  const own = lines.filter((line) => line !== null && Number(line[2]) === process.getuid?.());
  return own.map((line) => ({ pid: Number(line?.[1]), command: `${line?.[3]} ` }));
}

const lives = async ({ pid, mark }: Carrier): Promise<boolean> => (await processMark(pid)) === mark;

/** Whether it ends within the time. */
export async function endsWithin(carrier: Carrier, ms: number, signal?: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (await lives(carrier)) {
    signal?.throwIfAborted();
    if (Date.now() >= deadline) return false;
    await delay(20);
  }
  return true;
}

/** End it by force. Throws `qemu.stuck` for one that the kernel does not let go. */
export async function kill(carrier: Carrier): Promise<void> {
  if (await lives(carrier))
    try {
      process.kill(carrier.pid, "SIGKILL");
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "EPERM") throw stuck(carrier, "belongs to another user");
    }
  if (!(await endsWithin(carrier, 10_000))) throw stuck(carrier, "cannot be ended");
}

const stuck = ({ pid }: Carrier, why: string) =>
  new MachinistError("qemu.stuck", `The machine's QEMU (process ${pid}) ${why}`, {
    hint: `See what it is: ps -fp ${pid}`,
  });
