import { MachinistError } from "@machinist/core";
import { defineCommand, type Examples, withExamples } from "../command.ts";

const examples: Examples = [["machinist active", "which machine this shell's docker talks to"]];

export default defineCommand<object>({
  declare(command) {
    command.option("-t, --timeout <seconds>", "accepted for docker-machine's sake: nobody is asked");
    command.allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session) {
    const name = await (await session.machinist()).active();
    if (name === undefined)
      throw new MachinistError("machine.none-active", "No machine is active: $DOCKER_HOST points to none of them", {
        hint: 'Make one active with `eval "$(machinist env NAME)"`.',
      });
    if (session.globals.json) session.printJson({ name });
    else session.print(name);
    return 0;
  },
});
