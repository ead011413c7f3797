import { defineCommand, type Examples, withExamples } from "../command.ts";
import { namesOr } from "../names.ts";
import { operate } from "../operation.ts";

const examples: Examples = [["machinist provision web-1", "repair what somebody changed on the host"]];

export default defineCommand<object>({
  declare(command) {
    command.argument("[name...]", "machines (default: the one called default)");
    withExamples(command, examples);
  },
  async run(session, { args }) {
    const names = await namesOr(session, args);
    const run = (await session.machinist()).provision(names, { signal: session.signal });
    return operate(session, run, { again: `machinist provision ${names.join(" ")}` });
  },
});
