import { collect, defineCommand } from "../command.ts";
import { filesTyped, readFleet } from "../manifest-files.ts";
import { planLines } from "../render/plan.ts";

export default defineCommand<{ readonly file?: readonly string[] }>({
  declare(command) {
    command
      .usage("[-f FILE…]")
      .option("-f, --file <file>", "manifest; several are merged (default: machines.yaml here)", collect)
      .allowExcessArguments(false);
  },
  async run(session, { options }) {
    const spec = await readFleet(session, options.file);
    const plan = await (await session.machinist()).plan(spec, { signal: session.signal });
    if (session.globals.json) session.printJson(plan);
    else
      for (const line of planLines(plan, `machinist up${filesTyped(options.file)}`, session.style)) session.print(line);
    return plan.changes.some(({ action }) => action === "unknown") ? 1 : 0;
  },
});
