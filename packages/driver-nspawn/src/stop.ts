import { readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MachinistError } from "@machinist/core";
import { findCarrier, isAlive, leaderOf, markOf, type ProcessMark, sendSignal } from "./processes.ts";

/**
 * End a machine: politely first (`graceMs` to shut down, 0 for not at all), then by force. When this returns, no process
 * of it lives: with the first process of a pid namespace the kernel ends all others.
 */
export async function halt(owner: string, hint: number | undefined, graceMs: number): Promise<void> {
  const carrier = await findCarrier(owner, hint);
  if (carrier) {
    const inner = await leaderOf(carrier.pid);
    const leader = inner === undefined ? undefined : await markOf(inner);
    // On SIGTERM systemd-nspawn asks the machine's init to power off.
    if (graceMs > 0) {
      sendSignal(carrier.pid, "SIGTERM");
      await gone([carrier], graceMs);
    }
    const marks = leader ? [carrier, leader] : [carrier];
    for (const mark of marks) if (await isAlive(mark)) sendSignal(mark.pid, "SIGKILL");
    if (!(await gone(marks, 10_000)))
      throw new MachinistError("nspawn.stuck", `Process ${carrier.pid} of ${owner} cannot be ended`, {
        retryable: true,
        hint: `See what it waits for: cat /proc/${carrier.pid}/stack`,
      });
  }
  await removeGroups(owner);
}

async function gone(marks: readonly ProcessMark[], withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const alive = await Promise.all(marks.map(isAlive));
    if (!alive.includes(true)) return true;
    if (Date.now() >= deadline) return false;
    await delay(10);
  }
}

/** Control groups are folders that nothing removes by itself. */
async function removeGroups(owner: string): Promise<void> {
  const top = "/sys/fs/cgroup";
  const hierarchies = [top, ...(await readdir(top).catch(() => [])).map((name) => join(top, name))];
  for (const hierarchy of hierarchies) await removeGroup(join(hierarchy, "machinist", owner));
}

async function removeGroup(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return;
  for (const entry of entries) if (entry.isDirectory()) await removeGroup(join(path, entry.name));
  // The last process of a group may take a moment to leave it.
  for (let attempts = 0; attempts < 50; attempts++) {
    const error = await rmdir(path).then(
      () => undefined,
      (thrown: NodeJS.ErrnoException) => thrown.code,
    );
    if (error !== "EBUSY") return;
    await delay(10);
  }
}
