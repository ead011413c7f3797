import type { StoreLock } from "@machinist/fleet";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { agreed } from "../confirm.ts";
import { duration } from "../duration.ts";
import { exitCodes } from "../failure.ts";
import { listed } from "../names.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { usage } from "../usage.ts";

interface Options {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

const examples: Examples = [
  ["machinist unlock --dry-run", "who holds which lock"],
  ["machinist unlock web-1", "release the lock that a process on another computer left, after confirmation"],
  ["machinist unlock --yes --json", "release all locks whose processes are not known to run, from a script"],
];

export default defineCommand<Options>({
  declare(command) {
    command
      .argument("[name]", "a machine or fleet (default: all locks)")
      .option("--dry-run", "list only; release nothing")
      .option("-y, --yes", "do not ask")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { args: [name], options }) {
    const machinist = await session.machinist();
    const locks = (await machinist.locks()).filter((lock) => name === undefined || isOf(lock, name));
    if (name !== undefined && locks.length === 0) await refuseUnknown(session, name);
    if (!session.globals.json) show(session, locks);
    // Without a name: what runs is left to itself. By its name: whoever asks is told why not.
    const chosen = name === undefined ? locks.filter((lock) => !isUsed(lock)) : locks;
    const freeing = chosen.length > 0 && options.dryRun !== true;
    const free = freeing && (chosen.some(isUsed) || (await agreed(session, options.yes === true, question(chosen))));
    const freed = free ? await machinist.unlock(chosen, { signal: session.signal }) : [];
    if (session.globals.json)
      session.printJson(locks.map((lock) => ({ ...plain(lock), freed: freed.includes(lock.name) })));
    else if (free) session.note(freed.length === 0 ? "Already unlocked." : `Released: ${listed(freed)}`);
    return exitCodes.done;
  },
});

const isOf = ({ name }: StoreLock, asked: string): boolean => name === asked || name === `@${asked}`;
const isUsed = ({ standing }: StoreLock): boolean => standing === "alive";

const question = (locks: readonly StoreLock[]): string =>
  `Release the locks of ${listed(locks.map(({ name }) => name))}. Two processes changing one machine can damage it: make sure that the other has ended`;

/** A name that is neither locked nor a machine's or fleet's is mistyped. */
async function refuseUnknown(session: Session, name: string): Promise<void> {
  const machinist = await session.machinist();
  const known = [...(await machinist.names()), ...(await machinist.fleets())];
  if (known.includes(name.replace(/^@/, ""))) return;
  throw usage(
    "unknown-lock",
    `There is no machine, fleet or lock ${JSON.stringify(name)}`,
    "List the locks: machinist unlock --dry-run",
  );
}

function show(session: Session, locks: readonly StoreLock[]): void {
  if (locks.length === 0) {
    session.note("Nothing is locked.");
    return;
  }
  const now = session.io.now();
  const [head = "", ...lines] = table(
    ["LOCKED", "PROCESS", "COMPUTER", "SINCE", "COMMAND", "STATE"],
    locks.map(({ name, holder, standing }) => [
      name,
      String(holder?.pid ?? "-"),
      holder?.host ?? "-",
      holder?.since === undefined ? "-" : `${duration(now - holder.since)} ago`,
      holder?.command ?? "-",
      states[standing],
    ]),
    session.io.stdout.columns,
  );
  session.print(session.style.bold(head));
  for (const line of lines) session.print(line);
}

const states = { alive: "running", dead: "ended", unknown: "unknown" } as const;

/** A lock for programs, without what only the lock itself is compared by. */
const plain = ({ name, holder, standing }: StoreLock) => ({
  name,
  state: standing === "alive" ? "running" : standing === "dead" ? "ended" : "unknown",
  ...(holder ? { pid: holder.pid, host: holder.host } : {}),
  ...(holder?.since === undefined ? {} : { since: new Date(holder.since).toISOString() }),
  ...(holder?.command === undefined ? {} : { command: holder.command }),
});
