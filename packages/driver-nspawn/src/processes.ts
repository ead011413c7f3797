import { readdir, readFile, readlink } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** A process id alone may have been given to another process since; with its start time it names one for good. */
export interface ProcessMark {
  readonly pid: number;
  /** In clock ticks since the kernel started, as /proc says. */
  readonly startTime: string;
}

const slurp = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");

/** The mark of a process that lives now. A zombie does not. */
export async function markOf(pid: number): Promise<ProcessMark | undefined> {
  const startTime = startTimeIn(await slurp(`/proc/${pid}/stat`));
  return startTime === undefined ? undefined : { pid, startTime };
}

/** The command name may hold spaces and brackets: what follows its last bracket is counted. */
export function startTimeIn(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields[0];
  return state === "Z" || state === "X" ? undefined : fields[19];
}

export async function isAlive(mark: ProcessMark): Promise<boolean> {
  return (await markOf(mark.pid))?.startTime === mark.startTime;
}

/** Whether a command line (NUL-separated) is that of the process that carries the machine of this owner. */
export const carries = (cmdline: string, owner: string): boolean => cmdline.split("\0").includes(`--machine=${owner}`);

/** The process that carries a machine; `hint` is where it was seen last. */
export async function findCarrier(owner: string, hint?: number): Promise<ProcessMark | undefined> {
  if (hint !== undefined && carries(await cmdlineOf(hint), owner)) {
    const mark = await markOf(hint);
    if (mark) return mark;
  }
  for (const entry of await readdir("/proc"))
    if (
      /^\d+$/.test(entry) &&
      carries(await slurp(`/proc/${entry}/cmdline`), owner) &&
      (await isOutside(Number(entry)))
    ) {
      const mark = await markOf(Number(entry));
      if (mark) return mark;
    }
  return undefined;
}

/** While a process becomes another program, its command line is empty for a moment. */
async function cmdlineOf(pid: number): Promise<string> {
  for (let attempts = 0; attempts < 20; attempts++) {
    const cmdline = await slurp(`/proc/${pid}/cmdline`);
    if (cmdline !== "" || (await markOf(pid)) === undefined) return cmdline;
    await delay(1);
  }
  return "";
}

/**
 * Before they become the machine's init, children of systemd-nspawn bear its command line too. The carrier alone leads
 * its session and lives in our pid namespace.
 */
async function isOutside(pid: number): Promise<boolean> {
  const stat = await slurp(`/proc/${pid}/stat`);
  const session = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]);
  return session === pid && (await namespaceOf(pid)) === (await namespaceOf(process.pid));
}

/** The machine's own process 1, seen from outside: the first below the carrier in another pid namespace. */
export async function leaderOf(carrier: number): Promise<number | undefined> {
  return (await familyOf(carrier)).leader;
}

/** The processes that make up a machine from outside: those below its carrier, down to its own process 1. */
export async function familyOf(carrier: number): Promise<{ readonly helpers: number[]; readonly leader?: number }> {
  const own = await namespaceOf(carrier);
  const helpers: number[] = [];
  for (const next = [carrier]; next.length > 0; ) {
    const parent = next.shift();
    const children = (await slurp(`/proc/${parent}/task/${parent}/children`)).split(" ").filter((each) => each !== "");
    for (const child of children.map(Number)) {
      const theirs = await namespaceOf(child);
      if (theirs !== undefined && theirs !== own) return { helpers, leader: child };
      helpers.push(child);
      next.push(child);
    }
  }
  return { helpers };
}

const namespaceOf = (pid: number): Promise<string | undefined> =>
  readlink(`/proc/${pid}/ns/pid`).catch(() => undefined);

export function sendSignal(pid: number, signal: NodeJS.Signals | number): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself in the meantime.
  }
}
