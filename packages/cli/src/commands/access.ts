import type { AccessView, Machinist } from "@machinist/fleet";
import { collect, defineCommand, type Examples, withExamples } from "../command.ts";
import { agreed } from "../confirm.ts";
import { exitCodes } from "../failure.ts";
import { wholeNumber } from "../globals.ts";
import { listed } from "../names.ts";
import { operate } from "../operation.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { usage } from "../usage.ts";

interface Options {
  readonly days?: string;
  readonly machine?: readonly string[];
  readonly fleet?: readonly string[];
  readonly output?: string;
  readonly yes?: boolean;
}

const examples: Examples = [
  ["machinist access add alice --fleet demo --days 90", "a folder to hand over"],
  ["machinist access add bob --machine web-1 --output bob.tar.gz", "an archive, for one machine"],
  ["machinist access ls", "who has one, and until when"],
  ["machinist access revoke alice", "hers is refused from now on, after a question"],
];

const note =
  "`add` makes a certificate and key of their own. `revoke` makes every engine refuse that certificate; everybody else's stays good.";

export default defineCommand<Options>({
  declare(command) {
    command
      .usage("add NAME | ls | revoke NAME")
      .argument("<action>", "add, ls or revoke")
      .argument("[name]", "whom it is about")
      .option("--days <number>", "add: how long the certificate is good for (default: 365)")
      .option("--machine <name>", "add: on this machine alone; may be repeated", collect)
      .option("--fleet <name>", "add: on the machines of this fleet; may be repeated", collect)
      .option("-o, --output <path>", "add: a new folder, or a file ending in .tar.gz (default: ./NAME)")
      .option("-y, --yes", "revoke: do not ask; needed without a terminal")
      .allowExcessArguments(false);
    withExamples(command, examples, note);
  },
  async run(session, { args: [action = "", name], options }) {
    const machinist = await session.machinist();
    if (action === "ls" || action === "list") return list(session, await machinist.access());
    if (action !== "add" && action !== "revoke")
      throw usage(
        "value",
        `access can add, ls and revoke, not ${JSON.stringify(action)}`,
        "See `machinist access --help`.",
      );
    if (name === undefined || name === "")
      throw usage("missing-argument", `Whose access to ${action}?`, `machinist access ${action} NAME`);
    if (action === "add") return add(session, machinist, name, options);
    return revoke(session, machinist, name, options.yes === true);
  },
});

async function add(session: Session, machinist: Machinist, name: string, options: Options): Promise<number> {
  const { machine: machines, fleet: fleets } = options;
  // A name that cannot be one becomes no path: it is refused below.
  const output = options.output ?? `./${/^[\w.-]+$/.test(name) ? name : "access"}`;
  const request = {
    name,
    output,
    ...(options.days !== undefined && { days: wholeNumber("--days", options.days, 1, 3650) }),
    ...(machines && { machines }),
    ...(fleets && { fleets }),
  };
  const run = machinist.grantAccess(request, { signal: session.signal });
  return operate(session, run, {
    again: `machinist access add ${name}${options.output === undefined ? "" : ` --output ${options.output}`}`,
    next: () => `give ${output} to ${name} (it holds a secret key), then remove it here`,
  });
}

async function revoke(session: Session, machinist: Machinist, name: string, yes: boolean): Promise<number> {
  const view = (await machinist.access()).find((each) => each.name === name);
  // A name that nobody has is refused below; one that is being revoked was agreed to when that began.
  if (view && view.revoked === undefined) {
    const what = `Revoke the access of ${name} (${whereOf(view)}); Docker restarts there`;
    if (!(await agreed(session, yes, what))) return exitCodes.done;
  }
  return operate(session, machinist.revokeAccess(name, { signal: session.signal }), {
    again: `machinist access revoke ${name}`,
  });
}

const header = ["NAME", "SINCE", "UNTIL", "SERIAL", "WHERE", "STATE"];

function list(session: Session, views: readonly AccessView[]): number {
  if (session.globals.json) {
    session.printJson(views);
    return 0;
  }
  const rows = views.map((view) => rowOf(view, session.io.now()));
  const [head = "", ...lines] = table(header, rows, session.io.stdout.columns);
  session.print(session.style.bold(head));
  for (const line of lines) session.print(line);
  if (views.length === 0) session.note("Nobody but you has access. `machinist access add NAME` gives it.");
  return 0;
}

const rowOf = (view: AccessView, now: number): string[] => [
  view.name,
  view.since.slice(0, 10),
  view.until.slice(0, 10),
  view.serial.slice(0, 12).toLowerCase(),
  whereOf(view),
  stateOf(view, now),
];

function whereOf({ machines, fleets }: AccessView): string {
  const places = [...(fleets ?? []).map((fleet) => `fleet ${fleet}`), ...(machines ?? [])];
  return places.length === 0 ? "everywhere" : listed(places);
}

function stateOf({ revoked, until, pending, lacksCa }: AccessView, now: number): string {
  if (revoked !== undefined) return `being revoked; still accepted by ${listed(pending)}`;
  if (Date.parse(until) <= now) return "ended";
  const lack = lacksCa ? "; lacks the next ca.pem" : "";
  return (pending.length === 0 ? "good" : `not yet on ${listed(pending)}`) + lack;
}
