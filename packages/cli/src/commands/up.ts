import type { FleetSpec } from "@machinist/core";
import { collect, defineCommand, withExamples } from "../command.ts";
import { agreed } from "../confirm.ts";
import { filesTyped, readFleet } from "../manifest-files.ts";
import { listed } from "../names.ts";
import { operate, pointAt } from "../operation.ts";
import { loadPlan } from "../plan-file.ts";
import type { Session } from "../session.ts";
import { usage } from "../usage.ts";

interface Options {
  readonly plan?: string;
  readonly file?: readonly string[];
  readonly yes?: boolean;
  readonly replace?: boolean;
  readonly prune: boolean;
}

export default defineCommand<Options>({
  declare(command) {
    command
      .usage("[PLAN] [-f FILE…] [--yes] [--replace] [--no-prune]")
      .argument("[plan]", "what `machinist plan --out` kept: do that, or nothing")
      .option("-f, --file <file>", "manifest; several are merged (default: machines.yaml here)", collect)
      .option("--plan <file>", "the same as PLAN")
      .option("-y, --yes", "do not ask before machines are removed; needed without a terminal")
      .option("--replace", "replace what cannot be changed in place")
      .option("--no-prune", "keep machines that the manifest no longer names")
      .allowExcessArguments(false);
    withExamples(command, [
      ["machinist up", "make it so, and ask before machines are removed"],
      ["machinist up web.plan", "do what a plan says, if everything is still as it was then"],
    ]);
  },
  async run(session, { args, options }) {
    const path = options.plan ?? args[0];
    if (path !== undefined) return upAsPlanned(session, path, args, options);
    const spec = await readFleet(session, options.file);
    const machinist = await session.machinist();
    if (options.prune && options.yes !== true) {
      const unnamed = await noLongerNamed(session, spec);
      if (unnamed.length > 0 && !(await agreed(session, false, `Remove ${listed(unnamed)}, not in the manifest`)))
        return 0;
    }
    const run = machinist.up(spec, { signal: session.signal, replace: options.replace === true, prune: options.prune });
    return operate(session, run, { again: `machinist up${filesTyped(options.file)}`, next: pointAt });
  },
});

/** A plan says what is replaced and removed: whoever hands it over has agreed to that. */
async function upAsPlanned(session: Session, path: string, args: readonly string[], options: Options): Promise<number> {
  if (options.plan !== undefined && args.length > 0)
    throw usage("conflict", `Two plans are named: ${options.plan} and ${args[0]}`);
  if (options.replace || !options.prune)
    throw usage("conflict", "A plan says itself what is replaced and removed", "Leave --replace and --no-prune out.");
  const plan = await loadPlan(session, path);
  const spec = await readFleet(session, options.file ?? plan.manifests);
  const run = (await session.machinist()).up(spec, { signal: session.signal, plan });
  return operate(session, run, { again: `machinist up${filesTyped(options.file ?? plan.manifests)}`, next: pointAt });
}

/** Machines of the fleet that its manifest does not name any more. Read from the store alone: asking must be quick. */
async function noLongerNamed(session: Session, spec: FleetSpec): Promise<string[]> {
  const machinist = await session.machinist();
  const declared = new Set(spec.machines.map(({ name }) => name));
  const others = (await machinist.names()).filter((name) => !declared.has(name));
  const infos = await Promise.all(others.map((name) => machinist.info(name).catch(() => undefined)));
  return infos.flatMap((info) => (info?.fleet === spec.name ? [info.name] : []));
}
