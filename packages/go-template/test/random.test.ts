import { expect, test } from "vitest";
import { goMinor, goMissing, goName } from "../../../test/go/program.ts";
import { testUnless } from "../../../test/skipped.ts";
import { compile, TemplateError } from "../src/index.ts";
import { canDo, inOldWords } from "./go-versions.ts";
import { oracle, ours } from "./oracle.ts";
import { data } from "./table.ts";

const go = await oracle();
const noGo = go ? undefined : `${goMissing}, and random templates have no recorded answers`;

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Mulberry32: small, and the same everywhere. */
function randomFrom(start: number): (below: number) => number {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const fields = [
  ".Name",
  ".Count",
  ".List",
  ".Map",
  ".Driver.SSHPort",
  ".Driver.Deep",
  ".Nope",
  ".Null",
  ".Nested",
  ".Price",
  ".Objects",
  ".Yes",
  ".",
  "$",
  "$x",
  ".Driver",
];
const constants = ["1", "0", "-2", "2.5", '"a"', '""', "true", "nil", "`b`", "'c'"];
const functions = [
  "len",
  "index",
  "slice",
  "eq",
  "ne",
  "lt",
  "le",
  "gt",
  "ge",
  "print",
  "printf",
  "println",
  "and",
  "or",
  "not",
  "html",
  "js",
  "urlquery",
  "json",
  "prettyjson",
];

/** A template by a loose grammar: most of them are wrong somewhere, and must be wrong in Go's words. */
function templateFrom(random: (below: number) => number): string {
  const pick = (list: readonly string[]) => list[random(list.length)]!;
  const operand = (depth: number): string => {
    const kind = random(10);
    if (kind < 5) return pick(fields);
    if (kind < 8 || depth > 2) return pick(constants);
    return `(${pipeline(depth + 1)})${random(4) === 0 ? ".Id" : ""}`;
  };
  const command = (depth: number): string => {
    if (random(5) < 2) return operand(depth);
    return [pick(functions), ...Array.from({ length: random(4) }, () => operand(depth))].join(" ");
  };
  const pipeline = (depth: number): string =>
    Array.from({ length: random(5) === 0 ? 2 : 1 }, () => command(depth)).join(" | ");
  const list = (depth: number): string => Array.from({ length: 1 + random(3) }, () => part(depth)).join("");
  const part = (depth: number): string => {
    const kind = random(depth > 2 ? 4 : 12);
    if (kind === 0) return pick(["text", " \n ", "ü"]);
    if (kind < 4) return `{{${random(8) === 0 ? "- " : ""}${pipeline(0)}${random(8) === 0 ? " -" : ""}}}`;
    if (kind < 6) return `{{if ${pipeline(0)}}}${list(depth + 1)}{{else}}${list(depth + 1)}{{end}}`;
    if (kind < 8) return `{{range ${pick(["", "$x := ", "$i, $x := "])}${pipeline(0)}}}${list(depth + 1)}{{end}}`;
    if (kind === 8) return `{{with ${pick(["", "$x := "])}${pipeline(0)}}}${list(depth + 1)}{{end}}`;
    if (kind === 9) return `{{$x ${pick([":=", "="])} ${pipeline(0)}}}`;
    if (kind === 10) return pick(["{{end}}", "{{else}}", "{{break}}", "{{.X", "{{/* c */}}", "{{1 |}}"]);
    return `{{$x.Id}}{{$x}}`;
  };
  return `{{$x := ${pick(fields.filter((field) => field !== "$x"))}}}${list(0)}`;
}

testUnless(noGo, `random templates come out as those of ${goName} (SEED=${seed})`, () => {
  const random = randomFrom(seed);
  const questions = Array.from({ length: 5000 }, () => ({ template: templateFrom(random), data }));
  const answers = go!(questions).map((answer) => inOldWords(goMinor, answer));
  let beyond = 0;
  const wrong = questions.flatMap(({ template }, index) => {
    const mine = ours(template, data);
    // A byte of a text is an int here: see the README.
    if (answers[index]?.error?.includes("uint8")) return [];
    if (JSON.stringify(mine) === JSON.stringify(answers[index])) return [];
    if (!canDo(goMinor, mine)) return [{ template, mine, go: answers[index] }];
    beyond++;
    return [];
  });
  const failing = answers.filter(({ error }) => error !== undefined).length;
  console.log(`${questions.length} random templates, ${failing} of them wrong somewhere, from seed ${seed}`);
  expect(wrong.slice(0, 12)).toEqual([]);
  // Of 20,000 it was 134.
  expect(beyond).toBeLessThan(questions.length / 50);
});

test(`no text makes anything but a template or a TemplateError (SEED=${seed})`, () => {
  const random = randomFrom(seed);
  const pieces = [
    "{{",
    "}}",
    "{{-",
    "-}}",
    " ",
    "\n",
    ".",
    "$",
    "x",
    '"',
    "`",
    "'",
    "(",
    ")",
    "|",
    ":=",
    "if",
    "end",
    "range",
    "define",
    "else",
    "/*",
    "*/",
    "1",
    "\\",
    "ü",
    "😀",
    "\0",
  ];
  for (let count = 0; count < 20_000; count++) {
    const text = Array.from({ length: random(14) }, () => pieces[random(pieces.length)]).join("");
    try {
      compile("", text).execute({});
    } catch (thrown) {
      if (!(thrown instanceof TemplateError)) throw new Error(`${JSON.stringify(text)}: ${String(thrown)}`);
    }
  }
});
