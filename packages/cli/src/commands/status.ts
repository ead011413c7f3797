import { defineCommand, type Examples, withExamples } from "../command.ts";
import { printEach } from "../each-machine.ts";

const examples: Examples = [
  ["machinist status web-1", "one word"],
  ["machinist status web-1 web-2 --json", "for scripts"],
];

export default defineCommand<object>({
  declare(command) {
    command.argument("[name...]", "machines (default: the one called default)");
    withExamples(command, examples);
  },
  async run(session, { args }) {
    const machinist = await session.machinist();
    const several = args.length > 1 && !session.globals.json;
    const state = async (name: string) => {
      const now = await machinist.status(name, { signal: session.signal });
      return several ? `${name} ${now}` : now;
    };
    return printEach(session, args, state, "state");
  },
});
