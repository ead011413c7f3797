import type { KeptEvent } from "@machinist/fleet";
import { jsonText } from "@machinist/terminal-text";
import { defineCommand, type Examples, withExamples } from "../command.ts";
import { wholeNumber } from "../globals.ts";
import { plainLines } from "../render/plain.ts";
import { advance, nothingYet, type Progress } from "../render/progress.ts";
import type { Session } from "../session.ts";
import { clock } from "../span.ts";

interface Options {
  readonly follow?: boolean;
  readonly machine?: string;
  readonly lines?: string;
}

const examples: Examples = [
  ["machinist events --follow", "what every running command does"],
  ["machinist events --machine worker-1 -n 1000 --json", "what was done to one machine, for scripts"],
];

export default defineCommand<Options>({
  declare(command) {
    command
      .option("--follow", "go on as events come, from whichever process")
      .option("--machine <name>", "only what is about this machine")
      .option("-n, --lines <number>", "how many of the last events (default: 100)")
      .allowExcessArguments(false);
    withExamples(command, examples);
  },
  async run(session, { options }) {
    const { io, globals } = session;
    const last = wholeNumber("--lines", options.lines ?? 100, 0, 1_000_000);
    const signal = AbortSignal.any([session.signal, io.stdout.closed]);
    const machinist = await session.machinist();
    const events = machinist.events({
      last,
      signal,
      follow: options.follow === true,
      ...(options.machine === undefined ? {} : { machine: options.machine }),
    });
    const show = globals.json ? (event: KeptEvent) => session.print(jsonText(event)) : teller(session);
    for await (const event of events) {
      if (signal.aborted) break;
      show(event);
    }
    return 0;
  },
});

/** Lines as a run's own output has them, each with the time of day instead of the time since its start. */
function teller(session: Session): (event: KeptEvent) => void {
  const runs = new Map<string, Progress>();
  return (event) => {
    const before = runs.get(event.run) ?? nothingYet;
    const after = advance(before, event);
    if (event.type === "run" && event.status !== "started") runs.delete(event.run);
    else runs.set(event.run, after);
    const at = session.style.dim(clock(event.at));
    for (const line of plainLines(before, after, event, session.style, session.globals.debug, at)) session.print(line);
  };
}
