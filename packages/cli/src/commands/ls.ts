import type { MachineInfo, MachineView } from "@machinist/fleet";
import { collect, defineCommand, type Examples, withExamples } from "../command.ts";
import { duration } from "../duration.ts";
import { wholeNumber } from "../globals.ts";
import { matches, readFilters } from "../ls-filter.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { viewMachines } from "../view-machines.ts";

interface Options {
  readonly quiet?: boolean;
  readonly filter?: readonly string[];
  readonly timeout?: string;
}

const examples: Examples = [
  ["machinist ls --filter state=running --filter driver=nspawn", "some of them only"],
  ["machinist ls -q", "their names, for scripts"],
  ["machinist ls --json", "everything, for scripts"],
];

export default defineCommand<Options>({
  declare(command) {
    command
      .option("-q, --quiet", "names only")
      .option("--filter <key=value>", "name, driver, state, swarm, fleet or label; may be repeated", collect)
      .option("-t, --timeout <seconds>", "how long to wait for a machine (default: 10)")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { options }) {
    const filters = readFilters(options.filter ?? []);
    const timeoutMs = wholeNumber("--timeout", options.timeout ?? 10, 0, 3600) * 1000;
    if (options.quiet && filters.length === 0) {
      for (const name of await (await session.machinist()).names()) session.print(name);
      return 0;
    }
    const views = (await viewMachines(session, timeoutMs)).filter((view) => matches(view, filters));
    if (session.globals.json) session.printJson(options.quiet ? views.map(({ name }) => name) : views);
    else if (options.quiet) for (const { name } of views) session.print(name);
    else show(session, views);
    if (!options.quiet) await warnOfEnds(session, views);
    return 0;
  },
});

const header = ["NAME", "ACTIVE", "DRIVER", "STATE", "URL", "SWARM", "DOCKER", "ERRORS"];
/** Where LEASE stands, if any machine has one: the last column may be cut. */
const leaseColumn = header.length - 1;

function leaseOf({ info }: MachineView, now: number): string {
  const until = info?.leaseUntil;
  if (until === undefined) return "";
  return until <= now ? `ended ${duration(now - until)} ago` : duration(until - now);
}

function show(session: Session, views: readonly MachineView[]): void {
  const { io, style } = session;
  const leased = views.some(({ info }) => info?.leaseUntil !== undefined);
  const widened = (row: readonly string[], cell: string) => (leased ? row.toSpliced(leaseColumn, 0, cell) : row);
  const rows = views.map((view) => widened(rowOf(view, io.now()), leaseOf(view, io.now())));
  const [head = "", ...lines] = table(widened(header, "LEASE"), rows, io.stdout.columns);
  session.print(style.bold(head));
  for (const line of lines) session.print(line);
  if (views.length === 0) session.note("There are no machines. `machinist create NAME` makes one.");
}

function rowOf({ name, info, state, dockerVersion, active, error }: MachineView, now: number): string[] {
  const unfinished = info?.incomplete ? `incomplete; to resume: ${info.resume}` : "";
  const end = endOf(info, now);
  return [
    name,
    active ? "*" : "-",
    info?.driver ?? "",
    state,
    info?.url ?? "",
    info?.swarm ?? "",
    dockerVersion === undefined ? (info?.engine === false ? "" : "unknown") : `v${dockerVersion}`,
    [error?.message, unfinished].filter(Boolean).join("; ") || (end === undefined ? "" : `its certificate ${end}`),
  ];
}

const dayMs = 86_400_000;

/** When a machine's certificate ends, if it is within a month. */
function endOf(info: MachineInfo | undefined, now: number): string | undefined {
  const days = Math.floor((Date.parse(info?.certExpires ?? "") - now) / dayMs);
  if (!(days <= 30)) return undefined;
  return days < 0 ? "has ended" : `ends in ${days} ${days === 1 ? "day" : "days"}`;
}

/** Say so a month before it is too late: of the machines shown, and of the store. */
async function warnOfEnds(session: Session, views: readonly MachineView[]): Promise<void> {
  for (const { name, info } of views) {
    const end = endOf(info, session.io.now());
    if (end !== undefined) session.warn(`The certificate of ${name} ${end}: machinist regenerate-certs ${name}`);
  }
  const notices = await (await session.machinist()).certificates().catch(() => []);
  for (const { what, message, hint } of notices) if (what !== "server") session.warn(`${message}: ${hint}`);
}
