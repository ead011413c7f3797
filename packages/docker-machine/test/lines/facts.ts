import type { Line } from "./generate.ts";
import type { Answer } from "./setting.ts";

/** A line and what docker-machine answered. */
export interface Fact {
  readonly line: Line;
  readonly answer: Answer;
  /** Its lines came in any order. */
  readonly varies: boolean;
}

interface Written extends Line {
  readonly code?: number;
  /** Which of the texts came on stdout, and on stderr. */
  readonly out?: number;
  readonly err?: number;
  readonly machines?: readonly string[];
  readonly varies?: true;
}

/** Facts as they are kept: each text once, one row each. */
export function writtenFacts(facts: readonly Fact[]): string {
  const texts: string[] = [];
  const numberOf = (text: string) => (texts.includes(text) ? texts.indexOf(text) : texts.push(text) - 1);
  const lines = facts.map(
    ({ line, answer: { code, stdout, stderr, machines }, varies }): Written => ({
      ...line,
      ...(code === 0 ? {} : { code }),
      ...(stdout === "" ? {} : { out: numberOf(stdout) }),
      ...(stderr === "" ? {} : { err: numberOf(stderr) }),
      ...(machines === undefined ? {} : { machines }),
      ...(varies ? { varies } : {}),
    }),
  );
  const rows = (list: readonly unknown[]) => list.map((each) => JSON.stringify(each)).join(",\n");
  return `{"texts":[\n${rows(texts)}\n],"lines":[\n${rows(lines)}\n]}\n`;
}

export function factsIn(written: string): Fact[] {
  const { texts, lines } = JSON.parse(written) as {
    readonly texts: readonly string[];
    readonly lines: readonly Written[];
  };
  const textOf = (number: number | undefined) => (number === undefined ? "" : texts[number]!);
  return lines.map(({ code = 0, out, err, machines, varies = false, ...line }) => ({
    line,
    answer: { code, stdout: textOf(out), stderr: textOf(err), ...(machines === undefined ? {} : { machines }) },
    varies,
  }));
}
