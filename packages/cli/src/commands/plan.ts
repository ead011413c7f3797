import { collect, defineCommand, type Examples, withExamples } from "../command.ts";
import { exitCodes, told } from "../failure.ts";
import { filesTyped, manifestFiles, readFleet } from "../manifest-files.ts";
import { overwriteFlag, overwriteTyped, overwriting } from "../overwrite-flag.ts";
import { savePlan } from "../plan-file.ts";
import { planLines } from "../render/plan.ts";
import type { Session } from "../session.ts";

interface Options {
  readonly file?: readonly string[];
  readonly out?: string;
  readonly overwriteData?: readonly string[];
  readonly detailedExitcode?: boolean;
}

const examples: Examples = [
  ["machinist plan", "what would change, from what to what, and how"],
  ["machinist plan --out web.plan", "keep it, to do just that later: machinist up web.plan"],
  ["machinist plan --detailed-exitcode --quiet", "for scripts: exit code 2 where something would change"],
];

export default defineCommand<Options>({
  declare(command) {
    command
      .usage("[-f FILE…] [--out FILE] [--overwrite-data PROJECT…]")
      .option("-f, --file <file>", "manifest; several are merged (default: machines.yaml here)", collect)
      .option("-o, --out <file>", "keep the plan in a file, for `machinist up FILE`")
      .addOption(overwriteFlag())
      .option("--detailed-exitcode", "exit code 0: no changes, 2: changes, 1: error")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { options }) {
    if (options.detailedExitcode !== true) return show(session, options);
    try {
      return await show(session, options);
    } catch (thrown) {
      const failure = told(thrown);
      // Ctrl-C says so itself; all else is an error, whatever code it has otherwise: 2 means changes here.
      if (failure.code === "cancelled") throw thrown;
      session.error(failure);
      return exitCodes.failed;
    }
  },
});

async function show(session: Session, { file, out, detailedExitcode, overwriteData = [] }: Options): Promise<number> {
  const spec = await readFleet(session, file);
  const { basis, ...plan } = await (await session.machinist()).plan(spec, {
    signal: session.signal,
    ...overwriting(overwriteData),
  });
  const replaces = plan.changes.some(({ action }) => action === "replace");
  const next =
    out === undefined
      ? `up${filesTyped(file)}${replaces ? " --replace" : ""}${overwriteTyped(overwriteData)}`
      : `up ${out}`;
  const columns = session.io.stdout.columns;
  if (session.globals.json) session.printJson(plan);
  else if (!session.globals.quiet)
    for (const line of planLines(plan, `machinist ${next}`, { style: session.style, columns })) session.print(line);
  for (const problem of plan.problems ?? []) session.error(problem);
  // The code that `up` would end with.
  if (plan.problems?.length) return detailedExitcode ? exitCodes.failed : exitCodes.check;
  if (out !== undefined) {
    await savePlan(session, basis ? { ...plan, basis } : plan, out, await manifestFiles(session, file));
    session.note(`Kept in ${out}`);
  }
  if (plan.changes.some(({ action, refused }) => action === "unknown" || refused !== undefined))
    return exitCodes.failed;
  return detailedExitcode && plan.changes.some(({ action }) => action !== "none") ? changesExit : exitCodes.done;
}

const changesExit = 2;
