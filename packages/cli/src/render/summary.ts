import { isFleetScope, scopeOf } from "@machinist/core";
import type { MachineOutcome, Outcome } from "@machinist/fleet";
import { pad, widthOf } from "@machinist/terminal-text";
import { duration } from "../duration.ts";
import type { Style } from "../style.ts";

const order = ["created", "changed", "done", "unchanged", "removed", "unfinished", "failed"] as const;

/** What an operation came to, in a line per machine worth one, with what to type next. Pure. */
export function summary(outcome: Outcome, next: string | undefined, style: Style): string[] {
  const machines = outcome.machines.map((machine) => ({ ...machine, result: wordFor(machine, outcome) }));
  const counts = order
    .map((result) => ({ result, count: machines.filter((machine) => machine.result === result).length }))
    .filter(({ count }) => count > 0)
    .map(({ result, count }) => `${count} ${result}`);
  counts.push(...sharedCounts(outcome));
  const mark = outcome.ok ? style.green("✔") : outcome.cancelled ? style.yellow("!") : style.red("✖");
  const verdict = outcome.cancelled ? "Stopped" : outcome.ok ? "Done" : "Failed";
  const facts = counts.length === 0 ? "" : `: ${counts.join(", ")}`;
  const lines = [`${mark} ${verdict} in ${duration(outcome.ms)}${facts}`];
  const telling = machines.filter(({ result, url }) => url !== undefined || notDone(result));
  const width = Math.max(0, ...telling.map(({ name }) => widthOf(name)));
  for (const machine of telling) lines.push(`  ${style.bold(pad(machine.name, width))}  ${facing(machine, style)}`);
  if (next !== undefined) lines.push(`${style.dim("next:")} ${next}`);
  return lines;
}

/** What the machines share: that it failed, or, where none of them did, that it changed. */
function sharedCounts({ shared = 0, failures, machines }: Outcome): string[] {
  const words = (count: number, what: string) => `${count} shared ${count === 1 ? "resource" : "resources"} ${what}`;
  const failed = new Set(failures.map(({ id }) => id).filter((id) => isFleetScope(scopeOf(id)))).size;
  if (failed > 0) return [words(failed, "failed")];
  return shared > 0 && machines.every(({ result }) => result === "unchanged") ? [words(shared, "changed")] : [];
}

type Word = (typeof order)[number];
interface Shown {
  readonly result: Word;
  readonly url?: string;
}

/** A machine that was stopped halfway has not failed. */
function wordFor({ name, result }: MachineOutcome, { cancelled, failures }: Outcome): Word {
  const own = failures.some(({ id }) => id === name || id.startsWith(`${name}/`));
  return result === "failed" && cancelled && !own ? "unfinished" : result;
}

const notDone = (result: Word): boolean => result === "failed" || result === "unfinished";

const facing = ({ result, url }: Shown, style: Style): string =>
  result === "failed" ? style.red(result) : result === "unfinished" ? style.yellow(result) : (url ?? "");
