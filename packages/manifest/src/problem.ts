import { MachinistError } from "@machinist/core";
import { excerpt, placeName, type SourceLocation } from "./source-location.ts";

/** The codes of all that can be wrong with a manifest. */
export type ProblemCode =
  | "manifest.not-found"
  | "manifest.unreadable"
  | "manifest.too-large"
  | "manifest.encoding"
  | "manifest.empty"
  | "manifest.format"
  | "manifest.syntax"
  | "manifest.aliases"
  | "manifest.duplicate-key"
  | "manifest.variable"
  | "manifest.unknown-key"
  | "manifest.missing-key"
  | "manifest.invalid"
  | "manifest.duplicate-name"
  | "manifest.duplicate-project"
  | "manifest.too-many"
  | "manifest.no-manager"
  | "manifest.no-swarm"
  | "manifest.no-engine"
  | "manifest.unknown-machine"
  | "manifest.unknown-project"
  | "manifest.cycle"
  | "manifest.file-missing";

/** One thing that is wrong: a sentence without full stop, and where. */
export interface Problem {
  readonly code: ProblemCode;
  readonly sentence: string;
  readonly place?: SourceLocation | undefined;
  readonly hint?: string | undefined;
}

/** How many problems one error shows. */
const mostShown = 20;

/** All that is wrong with a manifest, in one error, in the order of the file. `code` is the first problem's. */
export class ManifestError extends MachinistError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const sorted = inFileOrder(problems);
    const hint = sorted.length === 1 ? sorted[0]?.hint : undefined;
    super(sorted[0]?.code ?? "manifest.invalid", describeAll(sorted), hint === undefined ? {} : { hint });
    this.problems = sorted;
  }
}

/** As they are read: by file, then from top to bottom. What has no place comes first. */
function inFileOrder(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map(({ place }) => place?.source))];
  const rank = ({ place }: Problem) => (place === undefined ? -1 : files.indexOf(place.source));
  const line = ({ place }: Problem) => place?.line ?? 0;
  const column = ({ place }: Problem) => place?.column ?? 0;
  return [...problems].sort((a, b) => rank(a) - rank(b) || line(a) - line(b) || column(a) - column(b));
}

/** `file:line:column: sentence`. */
export const describe = ({ place, sentence }: Problem): string =>
  place === undefined ? sentence : `${placeName(place)}: ${sentence}`;

function withExcerpt(problem: Problem): string {
  const lines = problem.place === undefined ? "" : excerpt(problem.place);
  return lines === "" ? describe(problem) : `${describe(problem)}\n${lines}`;
}

const withHint = (problem: Problem): string =>
  problem.hint === undefined ? withExcerpt(problem) : `${withExcerpt(problem)}\n  ${problem.hint}`;

function describeAll(problems: readonly Problem[]): string {
  if (problems.length === 1) return withExcerpt(problems[0]!);
  const shown = problems.slice(0, mostShown).map(withHint);
  const more = problems.length - shown.length;
  const count = more > 0 ? `more than ${mostShown}` : problems.length;
  return [`The manifest has ${count} problems`, ...shown].join("\n");
}

/** Collects problems; stops the work once there are more than anyone would read. */
export class Problems {
  readonly #found: Problem[] = [];

  add(problem: Problem): void {
    this.#found.push(problem);
    if (this.#found.length > mostShown) this.throwIfAny();
  }

  get any(): boolean {
    return this.#found.length > 0;
  }

  throwIfAny(): void {
    if (this.any) throw new ManifestError(this.#found);
  }
}
