import { wantsDashboard } from "./alone.ts";
import type { CommandEntry } from "./command.ts";
import { commands, findCommand } from "./commands.ts";
import { codeOfThrown, exitCodes, told } from "./failure.ts";
import { type Globals, globalFlags, readGlobals, splitCommand } from "./globals.ts";
import type { Io } from "./io.ts";
import { parseCommand } from "./parse.ts";
import type { Services } from "./services.ts";
import { Session } from "./session.ts";
import { usage } from "./usage.ts";
import { version } from "./version.ts";

/**
 * Run one command line (the words after `machinist`). Resolves to the exit code; never throws, and says on `io.stderr`
 * what went wrong.
 */
export async function main(argv: readonly string[], io: Io, services: Services): Promise<number> {
  let session: Session | undefined;
  let asked: string | undefined;
  try {
    const { name = await byDefault(argv, io, services), rest } = splitCommand(argv);
    asked = findCommand(name ?? "")?.name;
    if (name === undefined) return await withoutCommand(rest, io);
    const entry = findCommand(name) ?? (await hidden(name));
    if (entry === undefined) throw await unknownCommand(name);
    const module = (await entry.load()).default;
    const { invocation, help } = await parseCommand(entry, module, { words: rest, io, services });
    if (help !== undefined) {
      io.stdout.write(help);
      return exitCodes.done;
    }
    session = new Session(io, readGlobals(invocation.options, io.env), services, argv);
    return (await module.run(session, { ...invocation, commands })) ?? exitCodes.done;
  } catch (thrown) {
    return report(thrown, session ?? new Session(io, guessedGlobals(argv), services), asked);
  } finally {
    await session?.close().catch(() => {});
  }
}

/** `machinist` alone, at a terminal, opens the dashboard if it is installed. */
const byDefault = async (argv: readonly string[], io: Io, services: Services): Promise<string | undefined> =>
  wantsDashboard(argv, io) && (await services.dashboard()) !== undefined ? "dashboard" : undefined;

/** `machinist` alone, or with nothing but flags. */
async function withoutCommand(words: readonly string[], io: Io): Promise<number> {
  if (words.includes("--version") || words.includes("-V")) {
    io.stdout.write(`${version}\n`);
    return exitCodes.done;
  }
  const stray = words.find((word) => !isGlobal(word) && word !== "-h" && word !== "--help");
  if (stray?.startsWith("-") && stray !== "--") throw usage("unknown-flag", `machinist has no flag ${stray}`, listed);
  const { overview } = await import("./overview.ts");
  io.stdout.write(overview(commands, io.stdout.columns));
  return exitCodes.done;
}

const listed = "`machinist help` lists commands and flags.";

const isGlobal = (word: string): boolean =>
  globalFlags.some(({ flags }) => flags.split(/[ ,]+/).includes(word.split("=")[0]!));

/** Commands that only programs call. */
async function hidden(name: string): Promise<CommandEntry | undefined> {
  if (name !== "__complete") return undefined;
  return { name, summary: "Complete a command line", group: "About", load: () => import("./commands/complete.ts") };
}

async function unknownCommand(name: string) {
  const { nearest } = await import("@machinist/options");
  const near = nearest(
    name,
    commands.flatMap((entry) => [entry.name, ...(entry.aliases ?? [])]),
  );
  const guess = near === undefined ? "" : `Did you mean \`machinist ${near}\`? `;
  return usage(
    "unknown-command",
    `There is no command ${JSON.stringify(name)}`,
    `${guess}\`machinist help\` lists the commands.`,
  );
}

/** How to show an error of a command line that could not be parsed. */
const guessedGlobals = (argv: readonly string[]): Globals => ({
  json: argv.includes("--json"),
  ...(argv.includes("--no-color") && { color: false }),
  debug: argv.includes("--debug") || argv.includes("-D"),
  quiet: false,
  progress: "auto",
});

function report(thrown: unknown, session: Session, command: string | undefined): number {
  const failure = told(thrown);
  const wrongUse = failure.code.startsWith("usage.") && failure.hint === undefined && command !== undefined;
  const error = wrongUse ? { ...failure, hint: `See \`machinist ${command} --help\`.` } : failure;
  // Who pressed Ctrl-C knows why it ended.
  const silent = error.code === "cancelled" && session.signal.aborted && !session.globals.json;
  if (!silent) session.error(error);
  return codeOfThrown(error);
}
