import { defineCommand } from "../command.ts";
import { printEach } from "../each-machine.ts";

export default defineCommand<object>({
  declare(command) {
    command.argument("[name...]", "machines (default: the one called default)");
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
