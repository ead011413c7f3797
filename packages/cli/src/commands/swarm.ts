import { defineCommand, type Examples, withExamples } from "../command.ts";
import { agreed } from "../confirm.ts";
import { operate } from "../operation.ts";
import { usage } from "../usage.ts";

interface Options {
  readonly from?: string;
  readonly yes?: boolean;
}

const actions = ["recover", "rotate-key"];

const examples: Examples = [
  ["machinist swarm recover demo --from manager-2", "rebuild it from one manager"],
  ["machinist swarm rotate-key demo", "change the key that managers need to start"],
];

export default defineCommand<Options>({
  declare(command) {
    command
      .usage("recover FLEET --from MACHINE [--yes] | rotate-key FLEET")
      .argument("<action>", "recover: rebuild it from one manager; rotate-key: change its unlock key")
      .argument("<fleet>", "the fleet's name")
      .option("--from <machine>", "the manager whose knowledge becomes the Swarm's")
      .option("-y, --yes", "do not ask")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { args, options }) {
    const [action = "", fleet = ""] = args;
    const { signal } = session;
    const machinist = await session.machinist();
    if (action === "rotate-key") {
      const run = machinist.rotateSwarmKey(fleet, { signal });
      return operate(session, run, { again: `machinist swarm rotate-key ${fleet}` });
    }
    if (action !== "recover")
      throw usage("swarm-action", `There is no action ${JSON.stringify(action)}`, `There are ${actions.join(", ")}.`);
    const { from } = options;
    if (from === undefined)
      throw usage("swarm-from", "Recover from which manager?", `machinist swarm recover ${fleet} --from MACHINE`);
    session.note(
      `The Swarm goes on with what ${from} knows: later changes of the other managers are lost, and they leave it.`,
    );
    if (!(await agreed(session, options.yes === true, `Begin the Swarm of ${fleet} again from ${from}`))) return 0;
    return operate(session, machinist.recoverSwarm(fleet, { signal, from }), {
      again: `machinist swarm recover ${fleet} --from ${from}`,
      next: () => "machinist up",
    });
  },
});
