import { processMark } from "@machinist/core";

/** A process by its number, and by what no other process of that number has. */
export interface StrayProcess {
  readonly pid: number;
  readonly mark: string;
}

/** One that runs; undefined where that cannot be told. */
export async function strayOf(pid: number): Promise<StrayProcess | undefined> {
  const mark = await processMark(pid).catch(() => undefined);
  return mark === undefined ? undefined : { pid, mark };
}

const GONE_MS = 5000;
const POLL_MS = 20;

/**
 * End the plugin of a run that was killed: it goes on creating for the ten seconds in which it waits for a heartbeat, beside the one
 * that this run starts, and what it makes then nobody knows.
 */
export async function endStray(stray: StrayProcess | undefined): Promise<void> {
  const lives = async () => stray !== undefined && (await processMark(stray.pid).catch(() => undefined)) === stray.mark;
  for (let waited = 0; stray && (await lives()); waited += POLL_MS) {
    if (waited === 0 || waited >= GONE_MS) kill(stray.pid);
    if (waited >= GONE_MS) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A plugin with all that it started: one that is a script may not be the one that works. */
export function kill(pid: number): void {
  try {
    process.kill(process.platform === "win32" ? pid : -pid, "SIGKILL");
  } catch {
    // All of them have ended since.
  }
}
