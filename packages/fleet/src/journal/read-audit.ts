import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { MachinistError, scopeOf } from "@machinist/core";
import type { AuditQuery } from "../api.ts";
import { type AuditLine, auditPath } from "./audit.ts";

/** The audit log from its beginning. A line that was cut by a crash of the system is left out. */
export async function* readAudit(storePath: string, query: AuditQuery): AsyncGenerator<AuditLine> {
  const path = auditPath(storePath);
  const runs = new Set<string>();
  const input = createReadStream(path, "utf8");
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const line = parsed(text);
      if (!line || (query.since !== undefined && Date.parse(line.at) < query.since)) continue;
      if (query.machine === undefined || isAbout(line, query.machine, runs)) yield line;
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return;
    throw new MachinistError("audit.unreadable", `The audit log ${path} cannot be read: ${code}`, {
      cause,
      hint: "Check who owns the file, or choose another store with --storage-path",
    });
  } finally {
    input.destroy();
  }
}

function parsed(text: string): AuditLine | undefined {
  try {
    const line = JSON.parse(text) as AuditLine;
    return typeof line?.at === "string" && typeof line.type === "string" ? line : undefined;
  } catch {
    return undefined;
  }
}

/** Also the first and last lines of a run that names the machine, or that did something to it. */
function isAbout(line: AuditLine, machine: string, runs: Set<string>): boolean {
  const named =
    (line.type === "started" && line.machines?.includes(machine)) ||
    (line.type === "change" && scopeOf(line.id) === machine) ||
    ((line.type === "power" || line.type === "reason") && line.machine === machine);
  if (named) runs.add(line.run);
  return named || (line.type === "finished" && runs.has(line.run));
}
