import { defineCommand } from "../command.ts";
import { addExamples } from "../examples.ts";
import { operate } from "../operation.ts";
import { span } from "../span.ts";

export default defineCommand<object>({
  declare(command) {
    addExamples(command, "lease box 4h", "lease box none")
      .argument("<name>", "the machine")
      .argument("<time>", "how long from now (30m, 4h, 2d), or none: until it is removed")
      .allowExcessArguments(false);
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
