import { basename, resolve } from "node:path";
import type { DriverView } from "@machinist/fleet";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { exitCodes } from "../failure.ts";
import { wholeNumber } from "../globals.ts";
import { fleetNameOf } from "../init/fleet-name.ts";
import type { InitOptions } from "../init/options.ts";
import { questionsFor } from "../init/questions.ts";
import { writeNew } from "../init/write-new.ts";
import { manifestText, type NewManifest } from "../new-manifest.ts";
import type { Session } from "../session.ts";
import { usage } from "../usage.ts";
import { checkLines } from "./doctor.ts";

const examples: Examples = [
  ["machinist init", "asks at a terminal what is wanted, and writes machines.yaml"],
  ["machinist init --driver amazonec2 --machines 5 --managers 3", "says it all, and asks nothing"],
  ["machinist init --yes", "takes what can work here: three machines, one of them the Swarm's manager"],
];

export default defineCommand<InitOptions>({
  declare(command) {
    command
      .option("-f, --file <file>", "the manifest to write (default: machines.yaml)")
      .option("-d, --driver <driver>", "where machines come from (default: the first that works here)")
      .option("--name <name>", "the fleet's name (default: this folder's)")
      .option("--machines <number>", "how many machines (default: 3)")
      .option("--managers <number>", "how many of them are the Swarm's managers; 0: no Swarm (default: 1)")
      .option("--compose <file>", "a compose file to run on all of them")
      .option("--force", "write over a manifest that is there")
      .option("-y, --yes", "ask nothing: take the defaults for what is not said")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { options }) {
    const file = options.file ?? "machines.yaml";
    const found = await (await session.machinist()).driversHere({ signal: session.signal });
    const wanted = await decide(session, options, found);
    if (wanted === undefined) return exitCodes.interrupted;
    const path = resolve(session.io.cwd, file);
    await writeNew(path, manifestText(wanted), options.force === true);
    await report(session, file, wanted, found);
    return exitCodes.done;
  },
});

/** What is said by flag, what is answered, and defaults for the rest; undefined where the questions were broken off. */
async function decide(
  session: Session,
  options: InitOptions,
  found: readonly DriverView[],
): Promise<NewManifest | undefined> {
  const { io, globals } = session;
  const standard = { driver: driverFor(options.driver, found), ...numbers(options), name: fleetName(session, options) };
  const given = { ...standard, ...(options.compose === undefined ? {} : { compose: options.compose }) };
  const asks = io.stdin.isTTY === true && io.stdout.isTTY && io.env.TERM !== "dumb" && !globals.json && !options.yes;
  const answered = asks ? await questionsFor(session, options, given, found) : given;
  if (answered === undefined) return undefined;
  if (answered.managers > answered.machines)
    throw usage("value", `${answered.machines} machines cannot have ${answered.managers} managers among them`);
  const required = found.find(({ driver }) => driver === answered.driver)?.required ?? [];
  return { ...answered, required };
}

/** The one that was named, or else the first that works. Throws `usage.no-driver`. */
function driverFor(named: string | undefined, found: readonly DriverView[]): string {
  if (named !== undefined) return named;
  const ready = found.find(({ state }) => state === "ready") ?? found.find(({ state }) => state === "installed");
  if (ready !== undefined) return ready.driver;
  throw usage("no-driver", "No driver can make machines here", "See what each of them lacks: machinist driver ls");
}

const numbers = ({ machines: given, managers }: InitOptions) => {
  const machines = wholeNumber("--machines", given ?? 3, 1, 1000);
  return { machines, managers: wholeNumber("--managers", managers ?? 1, 0, 1000) };
};

const fleetName = ({ io }: Session, { name }: InitOptions): string => name ?? fleetNameOf(basename(io.cwd));

async function report(session: Session, file: string, wanted: NewManifest, found: readonly DriverView[]) {
  const path = resolve(session.io.cwd, file);
  if (session.globals.json) {
    session.printJson({ file: path, ...wanted, drivers: found });
    return;
  }
  const view = found.find(({ driver }) => driver === wanted.driver);
  const flag = file === "machines.yaml" ? "" : ` -f ${file}`;
  session.print(
    `Wrote ${file}: ${wanted.machines} ${wanted.machines === 1 ? "machine" : "machines"} with ${wanted.driver}.`,
  );
  if (view !== undefined && view.state !== "ready" && view.state !== "installed") {
    const { message, hint, driver } = view;
    const check = { name: `driver ${driver}`, status: "warning" as const, message, ...(hint ? { hint } : {}) };
    for (const line of checkLines([check], session.style).slice(0, -1)) session.print(line);
  }
  if (wanted.required.length > 0) session.print(`Fill in what it needs: ${wanted.required.join(", ")}.`);
  session.print(`Next: machinist plan${flag}, then machinist up${flag}`);
}
