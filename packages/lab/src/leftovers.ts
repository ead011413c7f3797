import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { local } from "./execute.ts";
import { labFolder } from "./run-folder.ts";

/**
 * What there still is on this computer of the objects whose owner tags or paths contain `text` (a run's `prefix`, an owner):
 * mounts, bridges, processes, iptables rules, control groups, folders. One line each; empty when all is gone.
 */
export async function leftovers(text: string): Promise<string[]> {
  const found = await Promise.all([rules(text), links(text)]);
  return [...found.flat(), ...mounts(text), ...processes(text), ...groups(text), ...folders(text)];
}

async function rules(text: string): Promise<string[]> {
  const lines: string[] = [];
  for (const table of ["nat", "filter"]) {
    const { stdout } = await local(["iptables", "-w", "10", "-t", table, "-S"]);
    lines.push(...stdout.split("\n").filter((line) => line.includes(text)));
  }
  return lines.map((line) => `rule ${line}`);
}

/** A bridge has its owner as alias. */
async function links(text: string): Promise<string[]> {
  const { stdout } = await local(["ip", "-o", "-d", "link", "show"]);
  const lines = stdout.split("\n").filter((line) => line.includes(text));
  return lines.map((line) => `link ${line.split(":")[1]?.trim()}`);
}

const mounts = (text: string): string[] =>
  readText("/proc/self/mountinfo")
    .split("\n")
    .filter((line) => line.includes(text))
    .map((line) => `mount ${line.split(" ")[4]}`);

function processes(text: string): string[] {
  return list("/proc")
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) =>
      readText(`/proc/${pid}/cmdline`)
        .split("\0")
        .some((word) => word.startsWith("--machine=") && word.includes(text)),
    )
    .map((pid) => `process ${pid}`);
}

function groups(text: string): string[] {
  const top = "/sys/fs/cgroup";
  return [top, ...list(top).map((name) => join(top, name))].flatMap((hierarchy) =>
    list(join(hierarchy, "machinist"))
      .filter((name) => name.includes(text))
      .map((name) => `group ${join(hierarchy, "machinist", name)}`),
  );
}

function folders(text: string): string[] {
  return [join(labFolder(), "runs"), "/var/lib/machinist/nspawn/networks"].flatMap((folder) =>
    list(folder)
      .filter((name) => name.includes(text))
      .map((name) => `folder ${join(folder, name)}`),
  );
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
