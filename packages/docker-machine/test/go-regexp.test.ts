import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { compiled, goMinor, goMissing, goName } from "../../../test/go/program.ts";
import { testUnless } from "../../../test/skipped.ts";
import { namePattern } from "../src/list/name-pattern.ts";
import { type Question, questionsFrom } from "./go-regexp/questions.ts";

interface Answer {
  readonly match?: boolean;
  readonly error?: string;
}

const fileOf = (name: string) => fileURLToPath(new URL(`go-regexp/${name}`, import.meta.url));

async function ours([pattern, name]: Question): Promise<Answer> {
  try {
    return { match: (await namePattern(pattern))(name) };
  } catch (thrown) {
    return { error: (thrown as Error).message };
  }
}

/** 300 of seed 1, as Go 1.26 answered. */
const recorded = JSON.parse(readFileSync(fileOf("recorded.json"), "utf8")) as [...Question, Answer][];

test("patterns of --filter name= mean what they mean to Go, and are refused in its words: 300 recorded answers", async () => {
  expect(recorded).toHaveLength(300);
  const refused = recorded.filter(([, , { error }]) => error !== undefined).length;
  expect(refused).toBeGreaterThan(30);
  expect(refused).toBeLessThan(200);
  for (const [pattern, name, answer] of recorded)
    expect([pattern, name, await ours([pattern, name])]).toEqual([pattern, name, answer]);
});

const count = Number(process.env.MACHINIST_FUZZ ?? 500);
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

testUnless(goMissing, `${count} generated patterns are answered as ${goName} answers them`, async () => {
  const questions = questionsFrom(seed, count);
  const input = questions.map((question) => JSON.stringify(question)).join("\n");
  const said = execFileSync(await compiled(fileOf("main.go")), { input, maxBuffer: 1 << 28, encoding: "utf8" });
  const answers = said
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
  const differing: unknown[] = [];
  for (const [index, question] of questions.entries()) {
    // Groups are called so since Go 1.22.
    if (goMinor < 22 && question[0].includes("(?<")) continue;
    const [theirs, own] = [answers[index]!, await ours(question)];
    // The words for what is wrong changed between versions of Go; that something is did not.
    const isSame = theirs.error === undefined ? own.match === theirs.match : own.error !== undefined;
    if (!isSame) differing.push([question, theirs, own]);
  }
  expect(differing, `seed ${seed}`).toEqual([]);
  const refused = answers.filter(({ error }) => error !== undefined).length;
  console.log(`${count} patterns, ${refused} of them refused, answered as by ${goName} (seed ${seed})`);
});
