import { basename } from "node:path";
import { isMachinistError, MachinistError, readAtMost } from "@machinist/core";
import { LineCounter, parseAllDocuments } from "yaml";
import { type Scope, type SourceFile, type Tree, treeOf } from "./tree.ts";

/** A compose file is written by people; the largest of them have a tenth of this. Bytes. */
const MOST_BYTES = 2 * 2 ** 20;
/** An env file, likewise. */
const MOST_ENV_BYTES = 2 ** 20;

/**
 * The documents of one compose file, the first below those that follow. Throws `compose.file-missing`,
 * `compose.too-large` or `compose.syntax` (with file:line:column). `referredAt`: where the file was named.
 */
export async function readComposeFile(path: string, scope: Scope, referredAt?: string): Promise<Tree[]> {
  const text = await readText(path, referredAt);
  const lines = new LineCounter();
  // `!reset` and `!override` are compose's own tags; the tree knows them.
  const documents = parseAllDocuments(text, { lineCounter: lines, logLevel: "error" });
  const file: SourceFile = { path, text, place: (offset) => `${basename(path)}:${lines.linePos(offset).line}` };
  const trees: Tree[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    const [error] = document.errors;
    if (error !== undefined) {
      const { line, col } = lines.linePos(error.pos[0]);
      throw syntax(`${path}:${line}:${col}: ${error.message.split("\n")[0]}`);
    }
    if (document.contents === null) continue;
    const tree = treeOf(document, file, scope);
    if (tree.type !== "map") throw syntax(`${path}:1:1: this is not a compose file: no keys and values`);
    trees.push(tree);
  }
  return trees;
}

const syntax = (sentence: string): MachinistError =>
  new MachinistError("compose.syntax", sentence, { hint: "See what compose itself says: docker compose config" });

async function readText(path: string, referredAt: string | undefined): Promise<string> {
  try {
    return (await readAtMost(path, MOST_BYTES, "The compose file")).toString("utf8");
  } catch (cause) {
    throw isMachinistError(cause)
      ? tooLarge(cause, "There are no such compose files: look whether it is the one you mean")
      : missing(path, referredAt, cause);
  }
}

/** The text of an env file; empty where there is none. Throws `compose.too-large`. */
export async function readEnvText(path: string): Promise<string> {
  try {
    return (await readAtMost(path, MOST_ENV_BYTES, "The env file")).toString("utf8");
  } catch (cause) {
    if (isMachinistError(cause))
      throw tooLarge(cause, "It should hold lines NAME=value: look whether it is the one you mean");
    return "";
  }
}

const tooLarge = (cause: MachinistError, hint: string) =>
  new MachinistError("compose.too-large", cause.message, { cause, hint });

export const missing = (path: string, referredAt: string | undefined, cause?: unknown): MachinistError =>
  new MachinistError(
    "compose.file-missing",
    `${referredAt === undefined ? "" : `${referredAt}: `}${path} is not there or cannot be read`,
    {
      ...(cause === undefined ? {} : { cause }),
      hint: "Paths in a compose file are relative to the folder of the first compose file.",
    },
  );
