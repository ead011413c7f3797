import type { Run } from "@machinist/core";
import type { Outcome } from "@machinist/fleet";
import { jsonText } from "@machinist/terminal-text";
import { codeOfOutcome, exitCodes, told } from "./failure.ts";
import { chooseRenderer } from "./render/choose.ts";
import { summary } from "./render/summary.ts";
import type { Session } from "./session.ts";
import { tracesUrl } from "./telemetry/traces-url.ts";

export interface Operation {
  /** The command that does the same again, for "what is done stays done". */
  readonly again: string;
  /** What to type next when it went well. */
  readonly next?: (outcome: Outcome) => string | undefined;
}

/** Show an operation while it runs, then what it came to. Resolves to the exit code. */
export async function operate(session: Session, run: Run<Outcome>, operation: Operation): Promise<number> {
  const { env } = session.io;
  const url = tracesUrl(env);
  const tracing = url === undefined ? undefined : (await import("./telemetry/send.ts")).traced(run, url, env);
  try {
    return await shown(session, run, operation);
  } catch (thrown) {
    // Who said no was told then that nothing was changed.
    if (told(thrown).code === "plan.declined") return exitCodes.done;
    throw thrown;
  } finally {
    const problem = await tracing;
    if (problem !== undefined) session.note(`The trace could not be sent: ${problem}`);
  }
}

async function shown(session: Session, run: Run<Outcome>, { again, next }: Operation): Promise<number> {
  const { io, globals, style } = session;
  const outcome = await session.follow(
    run,
    chooseRenderer({ ...globals, out: io.stdout, style, env: io.env, now: () => io.now() }),
  );
  if (globals.json) io.stdout.write(`${jsonText({ type: "result", ...outcome })}\n`);
  else if (!globals.quiet)
    for (const line of summary(outcome, outcome.ok ? next?.(outcome) : undefined, style)) session.print(line);
  for (const failure of outcome.failures) {
    // Done by force all the same: what is told is what to look after, not what to do about it.
    if (outcome.ok) session.warn(`${failure.id}: ${failure.message}`);
    else session.error(failure);
  }
  if (!outcome.ok && (outcome.changed > 0 || outcome.cancelled))
    session.note(`Completed steps are kept. To resume: ${again}`);
  return codeOfOutcome(outcome);
}

/** The command to type after machines were made or found ready. */
export function pointAt({ machines }: Outcome): string | undefined {
  const first = machines.find(({ url, result }) => url !== undefined && result !== "removed");
  return first === undefined ? undefined : `eval "$(machinist env ${first.name})"`;
}
