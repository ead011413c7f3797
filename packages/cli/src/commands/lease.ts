import { defineCommand, type Examples, withExamples } from "../command.ts";
import { operate } from "../operation.ts";
import { span } from "../span.ts";

const examples: Examples = [
  ["machinist lease box 4h", "four hours from now"],
  ["machinist lease box none", "until it is removed"],
];

export default defineCommand<object>({
  declare(command) {
    command
      .argument("<name>", "the machine")
      .argument("<time>", "how long from now (30m, 4h, 2d), or none: until it is removed")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { args }) {
    const [name = "", time = ""] = args;
    const leaseMs = time === "none" ? undefined : span("The time", time);
    const machinist = await session.machinist();
    await machinist.info(name);
    const run = machinist.lease([name], leaseMs, { signal: session.signal });
    return operate(session, run, { again: `machinist lease ${name} ${time}` });
  },
});
