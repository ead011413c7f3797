import { defineCommand, type Examples, withExamples } from "../command.ts";
import { printEach } from "../each-machine.ts";

const examples: Examples = [["DOCKER_HOST=$(machinist url web-1)", "for a program that knows docker's variables"]];

export default defineCommand<object>({
  declare(command) {
    command.argument("[name...]", "machines (default: the one called default)");
    withExamples(command, examples);
  },
  async run(session, { args }) {
    const machinist = await session.machinist();
    return printEach(session, args, async (name) => (await machinist.connection(name)).url, "url");
  },
});
