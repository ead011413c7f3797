import type { DriverView } from "@machinist/fleet";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import type { Style } from "../style.ts";
import { usage } from "../usage.ts";
import { oneLine, pad, widthOf } from "../width.ts";

const examples: Examples = [
  ["machinist driver ls", "which drivers there are, and what the others need"],
  ["machinist driver ls --json", "the same for scripts"],
];

export default defineCommand<object>({
  declare(command) {
    command.argument("[ls]", "list drivers (the default)").allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { args: [what = "ls"] }) {
    if (what !== "ls" && what !== "list")
      throw usage(
        "value",
        `machinist driver knows no ${JSON.stringify(what)}`,
        "List them with `machinist driver ls`. Drivers are npm packages, or programs on PATH: it says how to get each.",
      );
    const found = await (await session.machinist()).driversHere({ signal: session.signal });
    if (session.globals.json) session.printJson(found);
    else for (const line of driverLines(found, session.style)) session.print(line);
    return 0;
  },
});

/** A line per driver, what is missing below it. Pure. */
export function driverLines(found: readonly DriverView[], style: Style): string[] {
  const marks = {
    ready: style.green("✔"),
    installed: style.green("✔"),
    unusable: style.yellow("!"),
    broken: style.red("✖"),
    missing: style.dim("·"),
  };
  const width = Math.max(0, ...found.map(({ driver }) => widthOf(driver)));
  return found.flatMap(({ driver, state, description, message, hint, required = [] }) => {
    const needs = state === "installed" ? ` (needs ${required.join(", ")})` : "";
    const works = state === "ready" || state === "installed";
    const words = works ? `${description ?? message}${needs}` : message;
    return [
      `${marks[state]} ${pad(driver, width)}  ${oneLine(words)}`,
      ...(hint && !works ? [`  ${" ".repeat(width)}  ${style.dim(`hint: ${oneLine(hint)}`)}`] : []),
    ];
  });
}
