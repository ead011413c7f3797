import { collect, defineCommand, type Examples, withExamples } from "../command.ts";
import { agreed } from "../confirm.ts";
import { readFleet } from "../manifest-files.ts";
import { listed } from "../names.ts";
import { operate } from "../operation.ts";
import type { Session } from "../session.ts";
import { usage } from "../usage.ts";

interface Options {
  readonly file?: readonly string[];
  readonly yes?: boolean;
}

const examples: Examples = [
  ["machinist down", "what the manifest of this folder made, after a question"],
  ["machinist down demo --yes", "a fleet by its name, without one"],
];

export default defineCommand<Options>({
  declare(command) {
    command
      .argument("[fleet]", "the fleet's name (default: that of the manifest)")
      .option("-f, --file <file>", "manifest; several are merged (default: machines.yaml here)", collect)
      .option("-y, --yes", "do not ask")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { args, options }) {
    const fleet = args[0] ?? (await readFleet(session, options.file)).name;
    const machinist = await session.machinist();
    const fleets = await machinist.fleets();
    const machines = await machinesOf(session, fleet);
    if (!fleets.includes(fleet) && machines.length === 0) {
      if (args[0] !== undefined) throw await noFleet(fleet, fleets);
      // What the manifest declares is not there: that is what was asked for.
      session.note(`There is nothing of ${fleet}.`);
      return 0;
    }
    const what = machines.length === 0 ? `Remove fleet ${fleet}` : `Remove fleet ${fleet} with ${listed(machines)}`;
    if (!(await agreed(session, options.yes === true, what))) return 0;
    return operate(session, machinist.down(fleet, { signal: session.signal }), { again: `machinist down ${fleet}` });
  },
});

async function machinesOf(session: Session, fleet: string): Promise<string[]> {
  const machinist = await session.machinist();
  const infos = await Promise.all((await machinist.names()).map((name) => machinist.info(name).catch(() => undefined)));
  return infos.flatMap((info) => (info?.fleet === fleet ? [info.name] : []));
}

async function noFleet(fleet: string, fleets: readonly string[]) {
  const { nearest } = await import("@machinist/options");
  const near = nearest(fleet, fleets);
  const known = fleets.length === 0 ? "There are no fleets." : `There are ${listed(fleets)}.`;
  return usage("unknown-fleet", `There is no fleet ${JSON.stringify(fleet)}`, near ? `Did you mean ${near}?` : known);
}
