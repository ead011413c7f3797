import { basename } from "node:path";
import { isMachinistError, MachinistError, readAtMost } from "@machinist/core";
import { isNode, LineCounter, parseDocument } from "yaml";

/** One compose file, with the lines of what it says. */
export interface ComposeDocument {
  readonly path: string;
  readonly content: { readonly [key: string]: unknown };
  /** `compose.yaml:12`, of the value at `keys` or the nearest one around it. */
  place(keys: readonly (string | number)[]): string;
}

/** A compose file is written by people; the largest of them have a tenth of this. Bytes. */
const MOST_BYTES = 2 * 2 ** 20;
/** Real files use one anchor in a hundred services; what grows by aliases of aliases passes this soon. */
const MOST_ALIASES = 2000;
/** An env file, likewise. */
const MOST_ENV_BYTES = 2 ** 20;

/** Throws `compose.file-missing`, `compose.too-large` or `compose.syntax` (with file:line:column). `referredAt`: where the file was named. */
export async function readComposeFile(path: string, referredAt?: string): Promise<ComposeDocument> {
  const text = await readText(path, referredAt);
  const lines = new LineCounter();
  // `!reset` and `!override` are compose's own tags; their values are read as they stand.
  const document = parseDocument(text, { lineCounter: lines, merge: true, logLevel: "error" });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new MachinistError("compose.syntax", `${path}:${line}:${col}: ${error.message.split("\n")[0]}`);
  }
  const content = contentOf(document, path);
  if (!isMap(content))
    throw new MachinistError("compose.syntax", `${path}:1:1: this is not a compose file: no keys and values`);
  return { path, content, place: (keys) => `${basename(path)}:${lineOf(document, lines, keys)}` };
}

/** Aliases and merges are followed only now: what they come to may be nothing that can be. */
function contentOf(document: ReturnType<typeof parseDocument>, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (cause) {
    throw new MachinistError("compose.syntax", `${path}: ${(cause as Error).message.split("\n")[0]}`, { cause });
  }
}

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

function lineOf(
  document: ReturnType<typeof parseDocument>,
  lines: LineCounter,
  keys: readonly (string | number)[],
): number {
  for (let length = keys.length; length > 0; length--) {
    const node: unknown = document.getIn(keys.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

export const missing = (path: string, referredAt: string | undefined, cause?: unknown): MachinistError =>
  new MachinistError(
    "compose.file-missing",
    `${referredAt === undefined ? "" : `${referredAt}: `}${path} is not there or cannot be read`,
    {
      ...(cause === undefined ? {} : { cause }),
      hint: "Paths in a compose file are relative to the folder of the first compose file.",
    },
  );

export const isMap = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];

export const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;
