import type { FleetSpec } from "@machinist/core";
import { collect, defineCommand } from "../command.ts";
import { agreed } from "../confirm.ts";
import { filesTyped, readFleet } from "../manifest-files.ts";
import { listed } from "../names.ts";
import { operate, pointAt } from "../operation.ts";
import type { Session } from "../session.ts";

interface Options {
  readonly file?: readonly string[];
  readonly yes?: boolean;
  readonly replace?: boolean;
  readonly prune: boolean;
}

export default defineCommand<Options>({
  declare(command) {
    command
      .usage("[-f FILE…] [--yes] [--replace] [--no-prune]")
      .option("-f, --file <file>", "manifest; several are merged (default: machines.yaml here)", collect)
      .option("-y, --yes", "do not ask before machines are removed")
      .option("--replace", "replace what cannot be changed in place")
      .option("--no-prune", "keep machines that the manifest no longer names")
      .allowExcessArguments(false);
  },
  async run(session, { options }) {
    const spec = await readFleet(session, options.file);
    const machinist = await session.machinist();
    if (options.prune && options.yes !== true && session.io.stdin.isTTY && !session.globals.json) {
      const unnamed = await noLongerNamed(session, spec);
      if (unnamed.length > 0 && !(await agreed(session, false, `Remove ${listed(unnamed)}, not in the manifest`)))
        return 0;
    }
    const run = machinist.up(spec, { signal: session.signal, replace: options.replace === true, prune: options.prune });
    return operate(session, run, { again: `machinist up${filesTyped(options.file)}`, next: pointAt });
  },
});

/** Machines of the fleet that its manifest does not name any more. Read from the store alone: asking must be quick. */
async function noLongerNamed(session: Session, spec: FleetSpec): Promise<string[]> {
  const machinist = await session.machinist();
  const declared = new Set(spec.machines.map(({ name }) => name));
  const others = (await machinist.names()).filter((name) => !declared.has(name));
  const infos = await Promise.all(others.map((name) => machinist.info(name).catch(() => undefined)));
  return infos.flatMap((info) => (info?.fleet === spec.name ? [info.name] : []));
}
