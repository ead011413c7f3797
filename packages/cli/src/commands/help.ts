import { commandNamed, defineCommand, type Examples, withExamples } from "../command.ts";
import { overview } from "../overview.ts";
import { buildCommand, helpOf } from "../parse.ts";
import { usage } from "../usage.ts";

const examples: Examples = [
  ["machinist help up", "a command"],
  ["machinist create -d amazonec2 --help", "a driver's options"],
];

export default defineCommand<object>({
  declare(command) {
    command.argument("[command]", "the command to explain").allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run({ io, services }, { args: [name], commands }) {
    if (name === undefined) {
      io.stdout.write(overview(commands, io.stdout.columns));
      return 0;
    }
    const entry = commandNamed(commands, name);
    if (entry === undefined) {
      const { nearest } = await import("@machinist/options");
      const near = nearest(
        name,
        commands.map((known) => known.name),
      );
      const hint =
        near === undefined ? "`machinist help` lists the commands." : `Did you mean \`machinist help ${near}\`?`;
      throw usage("unknown-command", `There is no command ${JSON.stringify(name)}`, hint);
    }
    const command = await buildCommand(entry, (await entry.load()).default, { words: [], io, services });
    io.stdout.write(helpOf(command));
    return 0;
  },
});
