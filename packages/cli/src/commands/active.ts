import { MachinistError } from "@machinist/core";
import { defineCommand } from "../command.ts";

export default defineCommand<object>({
  declare(command) {
    command.option("-t, --timeout <seconds>", "accepted for docker-machine's sake: nobody is asked");
    command.allowExcessArguments(false);
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
