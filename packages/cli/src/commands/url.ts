import { defineCommand } from "../command.ts";
import { printEach } from "../each-machine.ts";

export default defineCommand<object>({
  declare(command) {
    command.argument("[name...]", "machines (default: the one called default)");
  },
  async run(session, { args }) {
    const machinist = await session.machinist();
    return printEach(session, args, async (name) => (await machinist.connection(name)).url, "url");
  },
});
