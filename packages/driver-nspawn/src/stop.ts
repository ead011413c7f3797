import { readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MachinistError } from "@machinist/core";
import { familyOf, findCarrier, isAlive, markOf, type ProcessMark, sendSignal } from "./processes.ts";

/**
 * End a machine: politely first (`graceMs` to shut down, 0 for not at all), then by force. When this returns, no process
 * of it lives: with the first process of a pid namespace the kernel ends all others.
 */
export async function halt(owner: string, hint: number | undefined, graceMs: number): Promise<void> {
  const carrier = await findCarrier(owner, hint);
  if (carrier) {
    const { helpers, leader } = await familyOf(carrier.pid);
    const init = leader === undefined ? undefined : await markOf(leader);
    const others = await Promise.all(helpers.map(markOf));
    if (init && graceMs > 0) await powerOff(carrier, init, graceMs);
    await thaw(owner);
    // The carrier first: it would start a machine again that only seems to reboot.
    const marks = [carrier, ...others, init].filter((mark) => mark !== undefined);
    for (const mark of marks) if (await isAlive(mark)) sendSignal(mark.pid, "SIGKILL");
    if (!(await gone(marks, 10_000)))
      throw new MachinistError("nspawn.stuck", `Process ${carrier.pid} of ${owner} cannot be ended`, {
        retryable: true,
        hint: `See what it waits for: cat /proc/${carrier.pid}/stack`,
      });
  }
  await removeGroups(owner);
}

/** What systemd takes as "power off": SIGRTMIN+3. */
const POWER_OFF = 37;

/** Said again and again: an init that has only just been started does not hear it yet. */
async function powerOff(carrier: ProcessMark, leader: ProcessMark, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  do if (await isAlive(leader)) sendSignal(leader.pid, POWER_OFF);
  while (!(await gone([carrier], Math.min(300, deadline - Date.now()))) && Date.now() < deadline);
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

/**
 * Control groups are folders that nothing removes by itself. One that is still in use tells of processes that are on
 * their way out, though nobody can be seen to carry the machine any more: they are waited for.
 */
async function removeGroups(owner: string): Promise<void> {
  await thaw(owner);
  const deadline = Date.now() + 10_000;
  for (const group of await groupsOf(owner)) await removeGroup(group, deadline);
}

/** Of each hierarchy of control groups, the machine's own group. */
async function groupsOf(owner: string): Promise<string[]> {
  const top = "/sys/fs/cgroup";
  const hierarchies = [top, ...(await readdir(top).catch(() => [])).map((name) => join(top, name))];
  return hierarchies.map((hierarchy) => join(hierarchy, "machinist", owner));
}

/** A process that is frozen, as in a container that was paused, does not die before it is let go on. */
async function thaw(owner: string): Promise<void> {
  for (const group of await groupsOf(owner)) {
    const entries = await readdir(group, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const { name, parentPath } of entries)
      if (name === "freezer.state" || name === "cgroup.freeze")
        await writeFile(join(parentPath, name), name === "freezer.state" ? "THAWED" : "0").catch(() => {});
  }
}

async function removeGroup(path: string, deadline: number): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return;
  for (const entry of entries) if (entry.isDirectory()) await removeGroup(join(path, entry.name), deadline);
  for (;;) {
    const error = await rmdir(path).then(
      () => undefined,
      (thrown: NodeJS.ErrnoException) => thrown.code,
    );
    if (error !== "EBUSY") return;
    if (Date.now() >= deadline)
      throw new MachinistError("nspawn.stuck", `There are processes that do not end in ${path}`, {
        retryable: true,
        hint: `See which: cat ${join(path, "cgroup.procs")}`,
      });
    await endMembers(path);
    await delay(10);
  }
}

/** The group is the machine's own, so whatever is in it belongs to the machine. */
async function endMembers(path: string): Promise<void> {
  const members = await readFile(join(path, "cgroup.procs"), "utf8").catch(() => "");
  for (const pid of members.split("\n").map(Number)) if (pid > 1) sendSignal(pid, "SIGKILL");
}
