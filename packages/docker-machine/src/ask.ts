import type { Io } from "./io.ts";

/** More than anybody answers to a question. */
const longest = 4096;

/** What Go's Scanln finds wrong with a line that is to be one word; undefined where it is one. */
export function notOneWord(line: string | undefined): string | undefined {
  if (line === undefined) return "EOF";
  const words = line.trim().split(/\s+/);
  if (words[0] === "") return "unexpected newline";
  return words.length > 1 ? "expected newline" : undefined;
}

/** The first line of what is typed; undefined where nothing was before the end. */
export async function readLine({ stdin }: Io): Promise<string | undefined> {
  let text = "";
  for await (const piece of stdin) {
    text += typeof piece === "string" ? piece : Buffer.from(piece).toString("utf8");
    if (text.includes("\n") || text.length > longest) break;
  }
  if ("pause" in stdin) stdin.pause();
  return text === "" ? undefined : text.split("\n", 1)[0]!;
}
