import { defineCommand } from "../command.ts";
import { operate, pointAt } from "../operation.ts";

export default defineCommand<object>({
  declare(command) {
    command
      .argument("<name>", "machine to take driver, options and engine from")
      .argument("<new>", "name of the new machine")
      .allowExcessArguments(false)
      .addHelpText(
        "after",
        `
Nothing that is on the machine's disk is copied, and the new one is in no Swarm.

Examples:
  machinist clone web-1 web-test
  machinist clone web-1 web-test --json`,
      );
  },
  async run(session, { args: [from = "", to = ""] }) {
    const run = (await session.machinist()).clone(from, to, { signal: session.signal });
    return operate(session, run, { again: "the same command again", next: pointAt });
  },
});
