import { defineCommand, type Examples, withExamples } from "../command.ts";
import { agreed } from "../confirm.ts";
import { exitCodes } from "../failure.ts";
import { listed } from "../names.ts";
import { operate } from "../operation.ts";

interface Options {
  readonly yes?: boolean;
  readonly force?: boolean;
}

const examples: Examples = [
  ["machinist rm web-1 web-2", "after a question"],
  ["machinist rm -y web-1", "without one"],
  ["machinist rm -f web-1", "also when its provider does not answer any more"],
];

export default defineCommand<Options>({
  declare(command) {
    command
      .argument("<name...>", "machines")
      .option("-y, --yes", "do not ask")
      .option("-f, --force", "forget a machine even when its provider cannot be asked; implies --yes");
    withExamples(command, examples);
  },
  async run(session, { args, options }) {
    const names = [...new Set(args)];
    const machinist = await session.machinist();
    const force = options.force === true;
    // A name mistyped is said before anything is asked or removed.
    if (!force) await Promise.all(names.map((name) => machinist.info(name)));
    const isAgreed = options.yes === true || force;
    const silent = isAgreed ? [] : await machinist.unreachable(names, { signal: session.signal });
    if (!(await agreed(session, isAgreed, `Remove ${listed(names)}${left(silent)}`))) return 0;
    const run = machinist.remove(names, { signal: session.signal, force, leaveUnreachable: true });
    const code = await operate(session, run, { again: `machinist rm ${names.join(" ")}` });
    if (code === exitCodes.failed && !force)
      session.note(`To forget them all the same, whatever may be left of them: machinist rm -f ${names.join(" ")}`);
    return code;
  },
});

/** What the removal of machines on hosts that do not answer leaves there. */
const left = (silent: readonly string[]): string =>
  silent.length === 0 ? "" : ` (${listed(silent)}: the host does not answer, and what is on it stays as it is)`;
