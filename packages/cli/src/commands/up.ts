import type { Agree, Loss } from "@machinist/fleet";
import { collect, defineCommand, withExamples } from "../command.ts";
import { agreed } from "../confirm.ts";
import { filesTyped, readFleet } from "../manifest-files.ts";
import { listed } from "../names.ts";
import { operate, pointAt } from "../operation.ts";
import { overwriteFlag, overwriteTyped, overwriting } from "../overwrite-flag.ts";
import { loadPlan } from "../plan-file.ts";
import type { Session } from "../session.ts";
import { usage } from "../usage.ts";

interface Options {
  readonly plan?: string;
  readonly file?: readonly string[];
  readonly yes?: boolean;
  readonly replace?: boolean;
  readonly overwriteData?: readonly string[];
  readonly prune: boolean;
}

export default defineCommand<Options>({
  declare(command) {
    command
      .usage("[PLAN] [-f FILE…] [--yes] [--replace] [--overwrite-data PROJECT…] [--no-prune]")
      .argument("[plan]", "what `machinist plan --out` kept: do that, or nothing")
      .option("-f, --file <file>", "manifest; several are merged (default: machines.yaml here)", collect)
      .option("--plan <file>", "the same as PLAN")
      .option("-y, --yes", "do not ask before anything is removed or overwritten; needed without a terminal")
      .option("--replace", "replace what cannot be changed in place")
      .addOption(overwriteFlag())
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
    const agree: Agree = (losses) => agreed(session, options.yes === true, question(losses));
    const { signal } = session;
    const { overwriteData = [] } = options;
    const how = { replace: options.replace === true, prune: options.prune, ...overwriting(overwriteData) };
    const run = machinist.up(spec, { signal, ...how, agree });
    const again = `machinist up${filesTyped(options.file)}${overwriteTyped(overwriteData)}`;
    return operate(session, run, { again, next: pointAt });
  },
});

function question(losses: readonly Loss[]): string {
  const named = (which: readonly Loss[]) => listed(which.map(({ what }) => what));
  const [staying, going] = [losses.filter((each) => each.overwritten), losses.filter((each) => !each.overwritten)];
  const removal = `Remove ${named(going)} (no longer in the manifest)`;
  if (staying.length === 0) return removal;
  const data = `verwrite what was modified since the last upload in ${named(staying)}`;
  return going.length === 0 ? `O${data}` : `${removal}, and o${data}`;
}

/** A plan says what is replaced and removed: whoever hands it over has agreed to that. */
async function upAsPlanned(session: Session, path: string, args: readonly string[], options: Options): Promise<number> {
  if (options.plan !== undefined && args.length > 0)
    throw usage("conflict", `Two plans are named: ${options.plan} and ${args[0]}`);
  if (options.replace || options.overwriteData || !options.prune)
    throw usage(
      "conflict",
      "A plan says itself what is replaced, overwritten and removed",
      "Leave --replace, --overwrite-data and --no-prune out.",
    );
  const plan = await loadPlan(session, path);
  const spec = await readFleet(session, options.file ?? plan.manifests);
  const run = (await session.machinist()).up(spec, { signal: session.signal, plan });
  return operate(session, run, { again: `machinist up${filesTyped(options.file ?? plan.manifests)}`, next: pointAt });
}
