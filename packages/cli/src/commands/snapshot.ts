import type { Machinist, SnapshotAction } from "@machinist/fleet";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { agreed } from "../confirm.ts";
import { exitCodes } from "../failure.ts";
import { operate } from "../operation.ts";
import type { Session } from "../session.ts";
import { table } from "../table.ts";
import { usage } from "../usage.ts";

const actions: { readonly [word: string]: SnapshotAction } = { take: "take", restore: "restore", rm: "remove" };

interface Options {
  readonly yes?: boolean;
}

const examples: Examples = [
  ["machinist snapshot take web-1 before-upgrade", "keep its disk as it is"],
  ["machinist snapshot ls web-1", "which there are"],
  ["machinist snapshot restore web-1 before-upgrade --yes", "put it back"],
  ["machinist snapshot rm web-1 before-upgrade --yes", "it is needed no more"],
];

const note =
  "A machine that runs is shut down to take or restore one, and started again. Snapshots go with their machine.";

export default defineCommand<Options>({
  declare(command) {
    command
      .usage("take MACHINE NAME | ls MACHINE | restore MACHINE NAME | rm MACHINE NAME")
      .argument("<action>", "take, ls, restore or rm")
      .argument("[machine]", "whose disk it is about")
      .argument("[name]", "the snapshot's name")
      .option("-y, --yes", "restore and rm: do not ask; needed without a terminal")
      .allowExcessArguments(false);
    withExamples(command, examples, note);
  },
  async run(session, { args: [word = "", machine, name], options }) {
    const action = actions[word];
    if (word !== "ls" && action === undefined)
      throw usage(
        "value",
        `snapshot can take, ls, restore and rm, not ${JSON.stringify(word)}`,
        "See `machinist snapshot --help`.",
      );
    if (machine === undefined || machine === "")
      throw usage(
        "missing-argument",
        "Of which machine?",
        `machinist snapshot ${word} MACHINE${action ? " NAME" : ""}`,
      );
    const machinist = await session.machinist();
    if (action === undefined) return list(session, machinist, machine);
    if (name === undefined || name === "")
      throw usage("missing-argument", `Which snapshot of ${machine}?`, `machinist snapshot ${word} ${machine} NAME`);
    const loss = {
      take: undefined,
      restore: `Put ${machine} back to ${name}; what was written to its disk since is lost`,
      remove: `Remove snapshot ${name} of ${machine}`,
    }[action];
    if (loss !== undefined && !(await agreed(session, options.yes === true, loss))) return exitCodes.done;
    const run = machinist.snapshot(action, machine, name, { signal: session.signal });
    return operate(session, run, { again: `machinist snapshot ${word} ${machine} ${name}` });
  },
});

async function list(session: Session, machinist: Machinist, machine: string): Promise<number> {
  const all = await machinist.snapshots(machine, { signal: session.signal });
  if (session.globals.json) {
    session.printJson(all);
    return 0;
  }
  const rows = all.map(({ name, takenAt }) => [name, new Date(takenAt).toISOString().replace(/\.\d+Z$/, "Z")]);
  const [head = "", ...lines] = table(["NAME", "TAKEN"], rows, session.io.stdout.columns);
  session.print(session.style.bold(head));
  for (const line of lines) session.print(line);
  if (all.length === 0) session.note(`${machine} has none. \`machinist snapshot take ${machine} NAME\` takes one.`);
  return 0;
}
