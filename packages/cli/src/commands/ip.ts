import { MachinistError } from "@machinist/core";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { addressOf, printEach } from "../each-machine.ts";

const examples: Examples = [
  ["machinist ip web-1", "its address"],
  ["curl http://$(machinist ip web-1):8080", "in another command"],
];

export default defineCommand<object>({
  declare(command) {
    command.argument("[name...]", "machines (default: the one called default)");
    withExamples(command, examples);
  },
  async run(session, { args }) {
    const machinist = await session.machinist();
    const address = async (name: string) => {
      const found = addressOf(await machinist.info(name));
      if (found !== undefined) return found;
      throw new MachinistError("machine.no-address", `Machine ${name} has no address yet`, {
        hint: "Run `machinist up` or `machinist create` again to go on where it stopped.",
      });
    };
    return printEach(session, args, address, "ip");
  },
});
