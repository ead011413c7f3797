import type { Data, DriverModule } from "@machinist/core";
import type { Machinist } from "@machinist/fleet";
import { type Draft, defineCommand } from "../command.ts";
import { addDriverFlags, givenOptions } from "../driver-flags.ts";
import { addEngineFlags, type EngineFlags, engineOf } from "../engine-flags.ts";
import { wholeNumber } from "../globals.ts";
import { machineName } from "../machine-names.ts";
import { operate, pointAt } from "../operation.ts";
import { usage } from "../usage.ts";

interface Options extends EngineFlags {
  readonly driver?: string;
  readonly count?: string;
  readonly context?: boolean;
}

export default defineCommand<Options & Record<string, unknown>>({
  async declare(command, draft) {
    command
      .argument("<name...>", "machines")
      .option("-d, --driver <name>", "what makes the machine [$MACHINE_DRIVER]; with --help, shows its options")
      .option("--count <number>", "make NAME-1 to NAME-N of each name")
      .option("--context", "also make a docker context of each machine's name");
    addEngineFlags(command);
    const driver = driverTyped(draft.words) ?? draft.io.env.MACHINE_DRIVER;
    if (driver) addDriverFlags(command, await lookUp(draft, driver));
  },
  async run(session, { args, options }) {
    const names = namesOf(args, options.count);
    const engine = engineOf(options, session.io.env);
    const machinist = await session.machinist();
    const driver = options.driver ?? session.io.env.MACHINE_DRIVER;
    if (!driver) throw await noDriver(machinist);
    const module = await machinist.driver(driver);
    const resolved = await checked(module, givenOptions(module, options), session.io);
    const requests = names.map((name) => ({
      name,
      driver,
      options: resolved,
      engine,
      ...(options.context && { context: true }),
    }));
    const run = machinist.create(requests, { signal: session.signal });
    return operate(session, run, { again: "the same command again", next: pointAt });
  },
});

/** The driver named on a command line that cannot be parsed yet, since its flags are the driver's. */
export function driverTyped(words: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word === "--") return undefined;
    if (word === "-d" || word === "--driver") return words[index + 1];
    if (word.startsWith("--driver=")) return word.slice("--driver=".length);
    if (/^-d./.test(word)) return word.slice(2);
  }
  return undefined;
}

/** A store is opened for its drivers only, and closed again: the command proper opens its own. */
async function lookUp({ services, io }: Draft, driver: string): Promise<DriverModule> {
  await using machinist = await services.open({ env: io.env });
  return await machinist.driver(driver);
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
    known.length === 0 ? "Install one: npm i -g @machinist/driver-NAME" : `Name one with -d: ${known.join(", ")}.`;
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
