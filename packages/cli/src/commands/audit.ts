import type { AuditLine } from "@machinist/fleet";
import { cut, jsonText, oneLine } from "@machinist/terminal-text";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { duration } from "../duration.ts";
import type { Session } from "../session.ts";
import { clock, moment } from "../span.ts";

interface Options {
  readonly since?: string;
  readonly machine?: string;
}

const examples: Examples = [
  ["machinist audit --since 2d", "who changed what since the day before yesterday"],
  ["machinist audit --machine worker-1 --json", "one machine's, for scripts"],
];

export default defineCommand<Options>({
  declare(command) {
    command
      .option("--since <time>", "only what was done since then: 2h, or 2030-01-31")
      .option("--machine <name>", "only what was done to this machine")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { options }) {
    const machinist = await session.machinist();
    const { since, machine } = options;
    const lines = machinist.audit({
      ...(since === undefined ? {} : { since: moment("--since", since, session.io.now()) }),
      ...(machine === undefined ? {} : { machine }),
    });
    let count = 0;
    for await (const line of lines) {
      if (session.signal.aborted || session.io.stdout.closed.aborted) break;
      count++;
      if (session.globals.json) session.print(jsonText(line));
      else show(session, line);
    }
    if (count === 0) session.note("Nothing was done yet.");
    return 0;
  },
});

function show({ io, style }: Session, line: AuditLine): void {
  const indent = line.type === "started" || line.type === "finished" ? "" : "  ";
  const text = `${style.dim(clock(Date.parse(line.at)))}  ${style.dim(line.run.slice(0, 6))}  ${indent}${oneLine(auditText(line))}`;
  io.stdout.write(`${io.stdout.columns === undefined ? text : cut(text, io.stdout.columns)}\n`);
}

/** What one line of the log says. Pure. */
export function auditText(line: AuditLine): string {
  switch (line.type) {
    case "started": {
      const about = [line.action, line.fleet, line.machines?.join(", ")].filter(Boolean).join(" ");
      const who = line.sudoUser === undefined ? line.user : `${line.sudoUser} as ${line.user}`;
      return `${who}@${line.host} began ${about}${line.command ? `: machinist ${line.command.join(" ")}` : ""}`;
    }
    case "change": {
      const what = line.outcome === "done" ? line.action : `not ${line.action} (${line.code})`;
      return `${line.id} ${what}${line.action === "created" ? "" : differences(line)}`;
    }
    case "power":
      return `${line.machine} ${line.action} ${line.outcome}`;
    case "reason":
      return `${line.machine}: ${line.reason}`;
    case "finished": {
      const failures = line.failures.map(({ id, code }) => [id, code].filter(Boolean).join(" ")).join(", ");
      return `ended ${line.outcome}, ${line.changed} changed, ${duration(line.ms)}${failures ? `: ${failures}` : ""}`;
    }
    default:
      return (line as { type: string }).type;
  }
}

function differences({ props = [], changes = {} }: Extract<AuditLine, { type: "change" }>): string {
  const told = props.map((name) => {
    const change = changes[name];
    return change ? `${name} ${JSON.stringify(change.before)} → ${JSON.stringify(change.after)}` : name;
  });
  return told.length === 0 ? "" : `: ${told.join(", ")}`;
}
