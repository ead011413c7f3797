import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compiled, goMissing } from "../../../test/go/program.ts";
import { compile, jsonFunctions, type Value } from "../src/index.ts";

export interface Answer {
  readonly out: string;
  readonly error?: string;
}

export interface Question {
  readonly template: string;
  readonly data: unknown;
}

/** What this package makes of a template. */
export function ours(template: string, data: Value): Answer {
  let read: ReturnType<typeof compile>;
  try {
    read = compile("", template, { functions: jsonFunctions });
  } catch (thrown) {
    return { out: "", error: named(thrown) };
  }
  try {
    return { out: read.execute(data) };
  } catch (thrown) {
    // What was written before an error is the caller's own affair.
    return { out: "", error: named(thrown) };
  }
}

/** Anything but a TemplateError is a fault of ours, and compares equal to nothing. */
const named = (thrown: unknown): string =>
  (thrown as Error).name === "TemplateError" ? (thrown as Error).message : `FAULT ${(thrown as Error).stack}`;

/** Go's own text/template, built from oracle/main.go; undefined where there is no Go. */
export async function oracle(): Promise<((questions: readonly Question[]) => Answer[]) | undefined> {
  if (goMissing !== undefined) return undefined;
  const program = await compiled(fileURLToPath(new URL("oracle/main.go", import.meta.url)));
  return (questions) => {
    const input = questions.map((question) => JSON.stringify(question)).join("\n");
    const output = execFileSync(program, { input, maxBuffer: 1 << 28, encoding: "utf8" });
    return output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Answer)
      .map(({ out, error }) => (error === undefined ? { out } : { out: "", error }));
  };
}
