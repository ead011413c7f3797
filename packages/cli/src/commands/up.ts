import type { Agree } from "@machinist/fleet";
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
      .option("-y, --yes", "do not ask before anything is removed; needed without a terminal")
      .option("--replace", "replace what cannot be changed in place")
      .option("--no-prune", "keep machines that the manifest no longer names")
      .allowExcessArguments(false);
    withExamples(command, [
      ["machinist up", "make it so, and ask before anything is removed"],
      ["machinist up web.plan", "do what a plan says, if everything is still as it was then"],
    ]);
  },
  async run(session, { args, options }) {
    const path = options.plan ?? args[0];
    if (path !== undefined) return upAsPlanned(session, path, args, options);
    const spec = await readFleet(session, options.file);
    const machinist = await session.machinist();
    const agree: Agree = (losses) =>
      agreed(session, options.yes === true, `Remove ${listed(losses.map(({ what }) => what))}, not in the manifest`);
    const { signal } = session;
    const run = machinist.up(spec, { signal, replace: options.replace === true, prune: options.prune, agree });
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
