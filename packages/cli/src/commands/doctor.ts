import type { Check } from "@machinist/fleet";
import { oneLine, pad, widthOf } from "@machinist/terminal-text";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import type { Style } from "../style.ts";

const examples: Examples = [
  ["machinist doctor", "everything, with what to do about it"],
  ["machinist doctor web-1 --json", "one machine, for scripts"],
];

export default defineCommand<object>({
  declare(command) {
    command.argument("[name...]", "look at these machines only (default: all)");
    withExamples(command, examples);
  },
  async run(session, { args }) {
    const { globals, signal, style } = session;
    const machinist = await session.machinist();
    const checks = await machinist.doctor({ signal, ...(args.length > 0 && { names: args }) });
    if (globals.json) session.printJson(checks);
    else for (const line of checkLines(checks, style)) session.print(line);
    return checks.some(({ status }) => status === "failed") ? 1 : 0;
  },
});

/** A line per finding, its hint below. Pure. */
export function checkLines(checks: readonly Check[], style: Style): string[] {
  const marks = { ok: style.green("✔"), warning: style.yellow("!"), failed: style.red("✖") };
  const width = Math.max(0, ...checks.map(({ name }) => widthOf(name)));
  const lines = checks.flatMap(({ name, status, message, hint }) => [
    `${marks[status]} ${pad(name, width)}  ${oneLine(message)}`,
    ...(hint && status !== "ok" ? [`  ${" ".repeat(width)}  ${style.dim(`hint: ${oneLine(hint)}`)}`] : []),
  ]);
  const count = (status: Check["status"]) => checks.filter((check) => check.status === status).length;
  return [...lines, `${count("ok")} ok, ${count("warning")} warnings, ${count("failed")} failed`];
}
