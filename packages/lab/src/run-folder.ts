import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Folder of all runs: outside of the repository, on a real disk, shared by all test processes. */
export const labFolder = (env: Readonly<Record<string, string | undefined>> = process.env): string =>
  env.MACHINIST_LAB_DIR ?? "/var/lib/machinist-lab";

/** Images are kept from run to run. */
export const imageCache = (env: Readonly<Record<string, string | undefined>> = process.env): string =>
  env.MACHINIST_LAB_CACHE ?? "/var/cache/machinist";

/** What a later run needs to know in order to clear up after one that was killed. */
export interface RunRecord {
  readonly pid: number;
  readonly startTime: string;
  /** First part of every owner tag and machine name of this run. */
  readonly prefix: string;
  readonly names: readonly string[];
}

/** A new folder for one set of hosts; its record is there before anything else is made. */
export function openRun(folder: string, names: (prefix: string) => readonly string[]): RunFolder {
  const prefix = `lab${randomBytes(4).toString("hex")}`;
  const path = join(folder, "runs", prefix);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const record: RunRecord = {
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? "",
    prefix,
    names: names(prefix),
  };
  const run = { path, record };
  save(run);
  return run;
}

export interface RunFolder {
  readonly path: string;
  record: RunRecord;
}

/** One more machine of a run: said before anything of it is made. */
export function addName(run: RunFolder, name: string): void {
  run.record = { ...run.record, names: [...run.record.names, name] };
  save(run);
}

function save({ path, record }: RunFolder): void {
  writeFileSync(join(path, "run.json.new"), JSON.stringify(record));
  renameSync(join(path, "run.json.new"), join(path, "run.json"));
}

/** Runs whose process is dead. */
export function deadRuns(folder: string): RunFolder[] {
  return allRuns(folder).filter(({ record }) => startTimeOf(record.pid) !== record.startTime);
}

function allRuns(folder: string): RunFolder[] {
  const runs = join(folder, "runs");
  let names: string[] = [];
  try {
    names = readdirSync(runs);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const path = join(runs, name);
    const record = readRecord(path);
    return record ? [{ path, record }] : [];
  });
}

/** A folder without a whole record was given up before anything was made in it. */
function readRecord(path: string): RunRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(path, "run.json"), "utf8")) as RunRecord;
  } catch {
    return undefined;
  }
}

export const closeRun = (path: string): void => rmSync(path, { recursive: true, force: true });

/** When a process was started, in the kernel's ticks; undefined for one that does not live. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
