import { readFileSync } from "node:fs";

export interface Answer {
  readonly argv: readonly string[];
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a real VBoxManage 7.2.22 said, by the number of its place in the recording. */
export function answer(number: number): Answer {
  const lines = readFileSync(new URL("./fixtures/answers.jsonl", import.meta.url), "utf8")
    .trim()
    .split("\n");
  const found = lines.map((line) => JSON.parse(line) as Answer & { n: number }).find(({ n }) => n === number);
  if (!found) throw new Error(`no answer ${number} was kept`);
  return found;
}
