import type { Data, DriverModule } from "@machinist/core";
import type { Machinist } from "@machinist/fleet";
import { flagsOf } from "@machinist/options";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { addDriverFlags, givenOptions, givenSecrets } from "../driver-flags.ts";
import { driverTyped, inStore, lookUpDriver } from "../driver-typed.ts";
import { addEngineFlags, type EngineFlags, engineOf, inFlagWords } from "../engine-flags.ts";
import { wholeNumber } from "../globals.ts";
import { machineName } from "../machine-names.ts";
import { operate, pointAt } from "../operation.ts";
import type { Session } from "../session.ts";
import { span } from "../span.ts";
import { usage } from "../usage.ts";

interface Options extends EngineFlags {
  readonly driver?: string;
  readonly count?: string;
  readonly context?: boolean;
  readonly lease?: string;
}

const examples: Examples = [
  ["machinist create -d nspawn --count 3 node", "node-1 to node-3, at once"],
  ["machinist create -d generic --generic-ip-address 192.0.2.7 box", "Docker on a host that is there already"],
  ["machinist create box", "resume an interrupted create"],
  ["machinist create -d qemu --help", "what a driver can be told"],
];

export default defineCommand<Options & Record<string, unknown>>({
  async declare(command, draft) {
    command
      .argument("<name...>", "machines")
      .option("-d, --driver <name>", "what makes the machine [$MACHINE_DRIVER]; with --help, shows its options")
      .option("--count <number>", "make NAME-1 to NAME-N of each name")
      .option("--context", "also make a docker context of each machine's name")
      .option("--lease <time>", "how long it is wanted (2h, 3d); then `machinist reap` removes it");
    addEngineFlags(command);
    const driver = driverTyped(draft.words) ?? draft.io.env.MACHINE_DRIVER;
    if (driver) addDriverFlags(command, await lookUpDriver(draft, driver));
    withExamples(command, examples);
  },
  async run(session, { args, options }) {
    const names = namesOf(args, options.count);
    const engine = engineOf(options, session.io.env);
    const leaseMs = options.lease === undefined ? undefined : span("--lease", options.lease);
    if (options.driver === undefined && (await areBegun(session, names))) return goOn(session, names, options, leaseMs);
    const driver = options.driver ?? session.io.env.MACHINE_DRIVER;
    if (!driver) throw await noDriver(await session.machinist());
    const module = await lookUpDriver(session, driver);
    const machinist = await session.machinist(givenSecrets(module, options));
    const given = givenOptions(module, options);
    const resolved = await checked(module, given, session.io);
    for (const { name, flag, unused } of flagsOf(module))
      if (unused !== undefined && name in given) session.note(`${flag} has no effect: ${unused}`);
    const requests = names.map((name) => ({
      name,
      driver,
      options: resolved,
      engine,
      ...(options.context && { context: true }),
      ...(leaseMs !== undefined && { leaseMs }),
    }));
    const run = machinist.create(requests, { signal: session.signal });
    return operate(session, run, { again: "the same command again", next: pointAt }).catch((thrown) => {
      throw inFlagWords(thrown);
    });
  },
});

/** Whether all of these were begun and not finished: then no driver has to be named again. */
async function areBegun(session: Session, names: readonly string[]): Promise<boolean> {
  const infos = await inStore(session, (machinist) =>
    Promise.all(names.map((name) => machinist.info(name).catch(() => undefined))),
  );
  return infos.every((info) => info?.resume?.startsWith("machinist create ") ?? false);
}

/** Finish machines as they were asked for when they were begun. */
async function goOn(
  session: Session,
  names: readonly string[],
  options: Options,
  leaseMs: number | undefined,
): Promise<number> {
  const asked = engineOf(options, {});
  if (asked === false || Object.keys(asked).length > 0)
    throw usage(
      "conflict",
      `${names.join(", ")}: an interrupted create is resumed with its original settings`,
      "Leave the engine flags out, or name the driver with -d to give new ones.",
    );
  const requests = names.map((name) => ({
    name,
    ...(options.context && { context: true }),
    ...(leaseMs !== undefined && { leaseMs }),
  }));
  const run = (await session.machinist()).create(requests, { signal: session.signal });
  return operate(session, run, { again: "the same command again", next: pointAt });
}

async function checked(
  module: DriverModule,
  given: Data,
  io: { readonly env: Readonly<Record<string, string | undefined>>; readonly cwd: string },
): Promise<Data> {
  const { resolveOptions } = await import("@machinist/options");
  return resolveOptions(module, given, io.env, io.cwd);
}

async function noDriver(machinist: Machinist) {
  const known = (await machinist.drivers()).map(({ name }) => name);
  const hint =
    known.length === 0 ? "See how to install one: machinist driver ls" : `Name one with -d: ${known.join(", ")}.`;
  return usage("no-driver", "No driver was named", hint);
}

function namesOf(args: readonly string[], count: string | undefined): string[] {
  const number = count === undefined ? undefined : wholeNumber("--count", count, 1, 1000);
  const names = args.flatMap((name) =>
    number === undefined ? [name] : Array.from({ length: number }, (_, index) => `${name}-${index + 1}`),
  );
  const bad = names.find((name) => !machineName.test(name));
  if (bad !== undefined)
    throw usage(
      "name",
      `${JSON.stringify(bad)} cannot be a machine's name`,
      "Names are up to 63 letters, digits, dots and dashes, and begin with a letter or digit.",
    );
  // Names that differ in case alone would share a folder on some disks.
  const folded = names.map((name) => name.toLowerCase());
  const twice = names.find((_, index) => folded.indexOf(folded[index]!) !== index);
  if (twice !== undefined) throw usage("name", `${twice} was named twice`, "Give each machine a name of its own.");
  return names;
}
