import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { bridgeName } from "@machinist/driver-nspawn";
import { ownerOf } from "./fleet.ts";
import type { RunFolder } from "./run-folder.ts";

const guarded = new Map<string, RunFolder>();
let watching = false;

/**
 * Until `unguard`, an end of this process ends the hosts of a run too. At exit nothing can be awaited: the machines are
 * ended at once and their network is taken down; the rest (files) is removed by the next run, which finds its record.
 */
export function guard(run: RunFolder): void {
  guarded.set(run.path, run);
  if (watching) return;
  watching = true;
  process.on("exit", endAll);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => {
      endAll();
      process.removeListener("exit", endAll);
      process.kill(process.pid, signal);
    });
}

export function unguard(run: RunFolder): void {
  guarded.delete(run.path);
}

function endAll(): void {
  for (const run of guarded.values()) {
    const { prefix, names } = run.record;
    const owners = new Set(names.map((name) => `--machine=${ownerOf(prefix, `${name}/instance`)}`));
    for (const entry of readdirSync("/proc")) if (/^\d+$/.test(entry) && isOneOf(entry, owners)) end(Number(entry));
    spawnSync("ip", ["link", "delete", bridgeName(ownerOf(prefix, `@${prefix}/network`))], { stdio: "ignore" });
  }
}

function isOneOf(pid: string, words: ReadonlySet<string>): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8")
      .split("\0")
      .some((word) => words.has(word));
  } catch {
    return false;
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
