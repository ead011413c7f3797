import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile, jsonFunctions, type Value } from "../src/index.ts";

export interface Answer {
  readonly out: string;
  readonly error?: string;
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
export function oracle():
  | { ask(questions: readonly { template: string; data: unknown }[]): Answer[]; close(): void }
  | undefined {
  if (spawnSync("go", ["version"]).status !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "go-template-"));
  const program = join(folder, "oracle");
  const env = { ...process.env, GO111MODULE: "off", GOCACHE: join(tmpdir(), "machinist-go-cache") };
  execFileSync("go", ["build", "-o", program, "main.go"], { cwd: new URL("oracle", import.meta.url), env });
  return {
    ask: (questions) => {
      const input = questions.map((question) => JSON.stringify(question)).join("\n");
      const output = execFileSync(program, { input, maxBuffer: 1 << 28, encoding: "utf8" });
      return output
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Answer)
        .map(({ out, error }) => (error === undefined ? { out } : { out: "", error }));
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
