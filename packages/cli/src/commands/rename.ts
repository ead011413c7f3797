import { defineCommand, type Examples, withExamples } from "../command.ts";
import { operate, pointAt } from "../operation.ts";

const examples: Examples = [
  ["machinist rename web-1 shop-1", "in the store, at its provider and on the host; its containers run on"],
  ["machinist rename web-1 shop-1 --json", "for scripts: one event a line, then the result"],
];

export default defineCommand<object>({
  declare(command) {
    command
      .argument("<name>", "machine to rename; one that no manifest names")
      .argument("<new>", "its new name")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { args: [from = "", to = ""] }) {
    const run = (await session.machinist()).rename(from, to, { signal: session.signal });
    return operate(session, run, { again: "the same command again", next: pointAt });
  },
});
