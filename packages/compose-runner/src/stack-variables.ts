import { join } from "node:path";
import { MachinistError } from "@machinist/core";
import { isVariableFailure, type Lookup, substitute } from "@machinist/values";
import type { Environment, NeededVariable } from "./environment.ts";
import { readEnvFiles, type Variables } from "./interpolation.ts";
import { isMap, type StackDocument } from "./stack-document.ts";

/** What the variables of a stack come to. */
export interface StackVariables {
  /** Those that its files use and that are set, by name. They may be secrets: saved and shown nowhere. */
  readonly values: Variables;
  /** Those that its files use, that have no default and are not set: docker puts in nothing, and says nothing. */
  readonly unset: readonly NeededVariable[];
  /** Variables put in, as docker does it. */
  readonly put: (text: string) => string;
}

interface Sources {
  readonly documents: readonly StackDocument[];
  /** Without any, the `.env` beside the first file, as a compose project has it. */
  readonly envFiles: readonly string[];
  readonly folder: string;
  /** What was promised, with its value; it wins over files. */
  readonly given: Variables;
  readonly environment: Environment;
}

/** Sections in which docker puts variables in. */
const SECTIONS = ["services", "networks", "volumes", "secrets", "configs"] as const;
/** Files may speak of them as on this computer, from which they come. */
const OF_THIS_COMPUTER: readonly string[] = ["HOME", "PWD"];

/** Throws `stack.variable` for what docker would refuse, and `compose.variable` for what an env file says of a variable that is used. */
export async function stackVariables(sources: Sources): Promise<StackVariables> {
  const texts = sources.documents.flatMap((document) => [...textsOf(document)]);
  const lookup = await lookupOf(sources);
  const names = [...new Set(texts.flatMap(({ text }) => namesIn(text)))].sort();
  const values = Object.fromEntries(
    names.flatMap((name) => {
      const value = lookup(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const known: Lookup = (name) => values[name];
  const unset = new Map<string, NeededVariable>();
  for (const { text, document, keys } of texts) {
    const noted = (name: string) => {
      if (!unset.has(name)) unset.set(name, { name, at: document.place(keys) });
      return "";
    };
    judged(() => substitute(text, known, { unset: noted }), document, keys);
  }
  return { values, unset: [...unset.values()], put: (text) => substitute(text, known, { unset: () => "" }) };
}

function lookupOf({ envFiles, folder, given, environment }: Sources): Promise<Lookup> {
  const own: Lookup = (name) => given[name] ?? (OF_THIS_COMPUTER.includes(name) ? environment[name] : undefined);
  return readEnvFiles(envFiles.length > 0 ? envFiles : [join(folder, ".env")], own).then(
    ({ lookup }) =>
      (name) =>
        own(name) ?? lookup(name),
  );
}

function judged(work: () => void, document: StackDocument, keys: readonly (string | number)[]): void {
  try {
    work();
  } catch (thrown) {
    if (!isVariableFailure(thrown)) throw thrown;
    throw new MachinistError("stack.variable", `${document.place(keys)}: ${thrown.message}`, {
      hint: "Set it in the stack's env file, or name it under `env:` to take it from your environment. Write $$ for a dollar sign.",
    });
  }
}

interface Text {
  readonly text: string;
  readonly document: StackDocument;
  readonly keys: readonly (string | number)[];
}

function* textsOf(document: StackDocument): Generator<Text> {
  for (const section of SECTIONS) yield* textsIn(document, document.content[section], [section]);
}

function* textsIn(document: StackDocument, value: unknown, keys: Text["keys"]): Generator<Text> {
  if (typeof value === "string") {
    if (value.includes("$")) yield { text: value, document, keys };
  } else if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) yield* textsIn(document, each, [...keys, index]);
  } else if (isMap(value)) {
    for (const [key, each] of Object.entries(value)) yield* textsIn(document, each, [...keys, key]);
  }
}

/** Names of the variables in a text, those in defaults too. */
const namesIn = (text: string): string[] =>
  [...text.matchAll(/\$(?:\$|\{?([A-Za-z_]\w*))/g)].flatMap(([, name]) => name ?? []);
