import type { MachineInfo } from "@machinist/fleet";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { agreed } from "../confirm.ts";
import { duration } from "../duration.ts";
import { exitCodes, told } from "../failure.ts";
import { operate } from "../operation.ts";
import type { Session } from "../session.ts";

interface Options {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

const examples: Examples = [
  ["machinist reap", "what has ended, after a question"],
  ["machinist reap --yes --json", "from cron"],
  ["machinist create --lease 2h -d nspawn box", "a machine that can be reaped in two hours"],
];

export default defineCommand<Options>({
  declare(command) {
    command
      .option("--dry-run", "list, and remove nothing")
      .option("-y, --yes", "do not ask")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { options }) {
    const machinist = await session.machinist();
    const { ended, unknown, now } = await leases(session);
    const code = unknown === 0 ? exitCodes.done : exitCodes.failed;
    if (ended.length === 0 || options.dryRun) {
      if (options.dryRun && session.globals.json)
        session.printJson(ended.map(({ name, leaseUntil }) => ({ name, leaseUntil })));
      else if (ended.length === 0) session.note("No lease has ended.");
      else for (const info of ended) session.print(sentence(info, now));
      return code;
    }
    for (const info of ended) session.note(sentence(info, now));
    const names = ended.map(({ name }) => name);
    if (
      !(await agreed(session, options.yes === true, names.length === 1 ? "Remove it" : `Remove these ${names.length}`))
    )
      return exitCodes.done;
    const run = machinist.reap(names, { signal: session.signal });
    return Math.max(code, await operate(session, run, { again: "machinist reap" }));
  },
});

const sentence = ({ name, leaseUntil = 0, fleet }: MachineInfo, now: number): string =>
  `${name} (fleet ${fleet}): its lease ended ${duration(now - leaseUntil)} ago`;

/** Machines whose leases have ended, and how many cannot be told about; these are named. */
async function leases(session: Session): Promise<{ ended: MachineInfo[]; unknown: number; now: number }> {
  const machinist = await session.machinist();
  const now = await machinist.time();
  const ended: MachineInfo[] = [];
  let unknown = 0;
  for (const name of await machinist.names())
    try {
      const info = await machinist.info(name);
      if (info.leaseUntil !== undefined && info.leaseUntil <= now) ended.push(info);
    } catch (thrown) {
      unknown++;
      session.error({ ...told(thrown), id: name });
    }
  return { ended, unknown, now };
}
