import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/**
 * When a process started, in a form that no other process with the same id can have; undefined if there is no such
 * process. Throws where it cannot be told.
 */
export async function processMark(pid: number): Promise<string | undefined> {
  if (process.platform === "linux") return linuxMark(pid);
  try {
    const { stdout } = await promisify(execFile)("ps", ["-o", "lstart=", "-p", String(pid)]);
    return stdout.trim() || undefined;
  } catch {
    return isAlive(pid) ? "unknown" : undefined;
  }
}

async function linuxMark(pid: number): Promise<string | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, "utf8"),
      readFile("/proc/sys/kernel/random/boot_id", "utf8"),
    ]);
    // The program's name, in parentheses, may hold spaces; the state is the 3rd field, the number of threads the 20th, the
    // start time the 22nd. A first thread that has ended leaves a zombie while others still hold the process's files.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" && Number(fields[17]) <= 1 ? undefined : `${boot.trim()}-${fields[19]}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
