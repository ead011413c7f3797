import type { DriverModule } from "@machinist/core";
import type { Orphan, OrphanReport } from "@machinist/fleet";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { agreed } from "../confirm.ts";
import { addDriverFlags, givenOptions, givenSecrets } from "../driver-flags.ts";
import { driverTyped, lookUpDriver } from "../driver-typed.ts";
import { exitCodes } from "../failure.ts";
import { operate } from "../operation.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";

interface Options {
  readonly driver?: string;
  readonly allStores?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const examples: Examples = [
  ["machinist prune --dry-run", "what was made somewhere and no machine here knows"],
  ["machinist prune -d amazonec2 --amazonec2-region eu-central-1", "at one provider, in one region"],
];

export default defineCommand<Options & Record<string, unknown>>({
  async declare(command, draft) {
    command
      .option("-d, --driver <name>", "look at this driver's provider alone; its options say where")
      .option("--all-stores", "also what other stores made: machines of other people may be among it")
      .option("--dry-run", "list, and remove nothing")
      .option("-y, --yes", "do not ask")
      .allowExcessArguments(false);
    const driver = driverTyped(draft.words);
    if (driver) addDriverFlags(command, await lookUpDriver(draft, driver));
    withExamples(command, examples);
  },
  async run(session, { options }) {
    const module = options.driver === undefined ? undefined : await lookUpDriver(session, options.driver);
    const machinist = await session.machinist(module ? givenSecrets(module, options) : {});
    const report = await machinist.orphans({ signal: session.signal, ...where(module, options) });
    const chosen = report.orphans.filter(({ ours }) => ours || options.allStores === true);
    if (options.dryRun && session.globals.json) session.printJson({ ...report, orphans: chosen });
    else tell(session, report, chosen);
    if (report.failures.length > 0) return exitCodes.failed;
    if (chosen.length === 0 || options.dryRun) return exitCodes.done;
    const what = chosen.length === 1 ? "Remove it" : `Remove these ${chosen.length}`;
    if (!(await agreed(session, options.yes === true, what))) return exitCodes.done;
    return operate(session, machinist.prune(chosen, { signal: session.signal }), { again: "machinist prune" });
  },
});

const where = (module: DriverModule | undefined, options: Readonly<Record<string, unknown>>) =>
  module === undefined ? {} : { drivers: [{ driver: module.name, options: givenOptions(module, options) }] };

function tell(session: Session, report: OrphanReport, chosen: readonly Orphan[]): void {
  for (const { id, message, ...rest } of report.failures)
    session.error({ ...rest, message: `Driver ${id} could not list its resources: ${message}` });
  for (const { id, message } of report.skipped) session.note(`Skipped driver ${id}: ${message}`);
  const others = report.orphans.length - chosen.length;
  if (others > 0) session.note(`${others} more carry the owner tags of other stores. To see them: --all-stores`);
  if (session.globals.json) return;
  if (chosen.length === 0) {
    const asked = report.drivers.length === 0 ? "no driver was checked" : `checked: ${report.drivers.join(", ")}`;
    if (report.failures.length === 0) session.print(`No orphans (${asked}).`);
    return;
  }
  const [head = "", ...lines] = table(
    ["DRIVER", "KIND", "FLEET", "CREATED", "OBJECT"],
    chosen.map((orphan) => rowOf(orphan, session.io.now())),
    session.io.stdout.columns,
  );
  session.print(session.style.bold(head));
  for (const line of lines) session.print(line);
}

const rowOf = ({ driver, kind, fleet, createdAt, label, ours }: Orphan, now: number): string[] => [
  driver,
  kind.slice(kind.indexOf(".") + 1),
  fleet || "-",
  createdAt === undefined ? "-" : `${age(now - createdAt)} ago`,
  ours ? label : `${label} (another store)`,
];

function age(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2 * 1440 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}
