import { createInterface } from "node:readline/promises";
import { PassThrough } from "node:stream";
import type { Session } from "./session.ts";
import { usage } from "./usage.ts";

/** Ask a yes-or-no question at the terminal. Anything but y or yes, the end of input too, means no. */
async function ask(session: Session, question: string): Promise<boolean> {
  const { io, signal } = session;
  session.pause();
  io.stderr.write(`${question} [y/N] `);
  // The echo is the terminal's own; readline only cuts lines here.
  const lines = createInterface({ input: io.stdin, output: new PassThrough(), terminal: false });
  const answered = new Promise<string>((resolve) => {
    lines.once("line", resolve);
    lines.once("close", () => resolve(""));
    signal.addEventListener("abort", () => resolve(""), { once: true });
  });
  const answer = await answered;
  lines.close();
  signal.throwIfAborted();
  return /^\s*y(es)?\s*$/i.test(answer);
}

/**
 * Whether to go on with something that removes or overwrites what cannot be had again: the one place where this is asked. At a terminal; without one, `usage.confirm` unless it was agreed
 * to on the command line.
 */
export async function agreed(session: Session, yes: boolean, what: string): Promise<boolean> {
  if (yes) return true;
  if (!session.io.stdin.isTTY || session.globals.json)
    throw usage("confirm", `${what}: this needs confirmation, and there is no terminal to ask at`, "Pass --yes.");
  if (await ask(session, `${what}?`)) return true;
  session.note("Nothing was changed.");
  return false;
}
