import { Builders } from "../buildx/builders.ts";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { agreed } from "../confirm.ts";
import { usage } from "../usage.ts";

interface Options {
  readonly fleet?: string;
  readonly yes?: boolean;
}

const examples: Examples = [
  ["machinist buildx create shop --fleet shop", "one builder of all machines of a fleet"],
  ["machinist buildx create fast web-1 web-2", "of these machines"],
  ["docker buildx build --builder shop --platform linux/amd64,linux/arm64 .", "each platform on a machine that has it"],
  ["machinist buildx rm shop", "the builder; machines and contexts stay"],
];

export default defineCommand<Options>({
  declare(command) {
    command
      .argument("<action>", "create or rm")
      .argument("<builder>", "the builder's name")
      .argument("[machines...]", "its machines")
      .option("--fleet <name>", "all machines of a fleet")
      .option("-y, --yes", "rm: do not ask; needed without a terminal")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { args: [action = "", builder = "", ...machines], options }) {
    const { io, signal } = session;
    const builders = new Builders({ env: io.env, signal });
    if (action === "rm") {
      if (!(await agreed(session, options.yes === true, `Remove builder ${builder}, with its build cache`))) return 0;
      await builders.remove(builder);
      if (session.globals.json) session.printJson({ builder });
      else session.print(`${session.style.green("✔")} ${builder} removed`);
      return 0;
    }
    if (action !== "create")
      throw usage("value", `machinist buildx knows no ${JSON.stringify(action)}`, "There are: create and rm.");
    const machinist = await session.machinist();
    const names = [...machines];
    for (const name of options.fleet === undefined ? [] : await machinist.names())
      if ((await machinist.info(name)).fleet === options.fleet) names.push(name);
    if (names.length === 0)
      throw usage(
        "missing-argument",
        options.fleet === undefined ? "No machine was named" : `Fleet ${options.fleet} has no machines`,
        `machinist buildx create ${builder} MACHINE… or --fleet NAME`,
      );
    const nodes = await builders.create(builder, [...new Set(names)], machinist);
    if (session.globals.json) session.printJson({ builder, nodes });
    else {
      for (const { machine, platform } of nodes) session.print(`${session.style.green("✔")} ${machine}  ${platform}`);
      session.print(`next: docker buildx build --builder ${builder} .`);
    }
    return 0;
  },
});
