import { stat } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { askSocket } from "./holder-socket.ts";
import { bootedAt, bootId, isLocal } from "./this-computer.ts";

/** What a lock's file says of the process that has it. */
export interface LockHolder {
  readonly pid: number;
  readonly host: string;
  /** Of the computer that it runs on. */
  readonly boot?: string;
  /** Beside the lock, where it listens as long as it lives. */
  readonly socket?: string;
  /** When it took the lock, ms since 1970. */
  readonly since?: number;
  /** What it does, in a word or two. */
  readonly command?: string;
}

/** `unknown`: it runs on another computer, perhaps, and whether it does cannot be told from here. */
export type HolderStatus = "alive" | "dead" | "unknown";

/** Read a lock's text; undefined where it names no process. */
export function parseHolder(text: string): LockHolder | undefined {
  let value: Partial<LockHolder & { mark: string }> | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return undefined;
  }
  if (typeof value?.pid !== "number" || typeof value.host !== "string") return undefined;
  // Versions that knew no socket wrote the boot in front of the time at which the process had started.
  const boot = value.boot ?? /^([0-9a-f-]{36})-\d+$/.exec(String(value.mark))?.[1];
  const { pid, host, socket, since, command } = value;
  return {
    pid,
    host,
    ...(typeof boot === "string" ? { boot } : {}),
    ...(typeof socket === "string" && /^[\w.-]+$/.test(socket) ? { socket } : {}),
    ...(typeof since === "number" ? { since } : {}),
    ...(typeof command === "string" ? { command } : {}),
  };
}

/**
 * Whether a lock's holder lives. Neither a process number nor a host name tells: containers that share a folder have
 * a table of processes each, and computers that share one may have the same name. So it is dead only where it was a
 * process of this boot and its socket refuses, or where its boot is over: the lock is on this computer's own disk and
 * older than this boot. A younger one of another boot is of a guest or of a computer that this one serves files to.
 */
export async function holderStatusOf(path: string, holder: LockHolder): Promise<HolderStatus> {
  const boot = await bootId();
  const folder = dirname(path);
  if (boot === undefined || holder.boot === undefined) return "unknown";
  if (holder.boot === boot) {
    if (holder.socket === undefined) return "unknown";
    const answer = await askSocket(folder, holder.socket);
    return answer === "unknown" ? answer : answer === "answers" ? "alive" : "dead";
  }
  const made = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  return made < bootedAt() && (await isLocal(folder)) ? "dead" : "unknown";
}

/** A holder for people: `process 12 on ci-1, up`. */
export function holderWords({ pid, host, command }: LockHolder): string {
  const where = host === hostname() ? "" : ` on ${host}`;
  return `process ${pid}${where}${command === undefined ? "" : `, ${command}`}`;
}
