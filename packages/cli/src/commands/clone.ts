import { defineCommand, type Examples, withExamples } from "../command.ts";
import { operate, pointAt } from "../operation.ts";

const examples: Examples = [
  ["machinist clone web-1 web-test", "a machine like web-1: its driver, options and engine, nothing of its disk"],
  ["machinist clone web-1 web-test --json", "for scripts: one event a line, then the result"],
];

export default defineCommand<object>({
  declare(command) {
    command
      .argument("<name>", "machine to take driver, options and engine from")
      .argument("<new>", "name of the new machine")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { args: [from = "", to = ""] }) {
    const run = (await session.machinist()).clone(from, to, { signal: session.signal });
    return operate(session, run, { again: "the same command again", next: pointAt });
  },
});
