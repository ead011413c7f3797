import { MachinistError } from "@machinist/core";
import { isVariableFailure, type Lookup, readDotEnv, substitute } from "@machinist/values";
import { readEnvText } from "./document.ts";
import { placeOf, type Tree } from "./tree.ts";

/** Variables by name, as an env file gives them. */
export type Variables = Readonly<Record<string, string>>;

/** As compose takes them: what is not set is empty, and a `$` that begins no variable stands for itself. */
const leniency = { unset: () => "", loneDollar: true };

/** A text with its variables put in. Throws `compose.variable` for one that compose would refuse; no value is quoted. */
export function interpolated(tree: Tree): string {
  const text = tree.type === "leaf" && typeof tree.value === "string" ? tree.value : "";
  return interpolate(text, tree.origin.scope.lookup, placeOf(tree));
}

function interpolate(text: string, lookup: Lookup, place: string): string {
  try {
    return substitute(text, lookup, leniency);
  } catch (error) {
    if (!isVariableFailure(error)) throw error;
    throw new MachinistError("compose.variable", `${place}: ${error.message}`, {
      hint: "Set it in the project's .env file, or name it under env: and set it in the environment; write $$ for a dollar sign",
    });
  }
}

/** Puts in the variables of every value, as compose does with whole files: throws `compose.variable` for the first that cannot be. */
export function interpolateAll(tree: Tree): void {
  if (tree.type === "list") for (const item of tree.items) interpolateAll(item);
  else if (tree.type === "map") for (const value of tree.entries.values()) interpolateAll(value);
  else if (typeof tree.value === "string" && tree.value.includes("$")) interpolated(tree);
}

/** The variables that env files give. */
export interface EnvFiles {
  readonly names: ReadonlySet<string>;
  readonly lookup: Lookup;
}

/**
 * Later files go before earlier ones, and what `outer` knows before them all. A file that is not there has none; its
 * reference says whether that is wrong.
 */
export async function readEnvFiles(files: readonly string[], outer: Lookup): Promise<EnvFiles> {
  const names = new Set<string>();
  let known: Lookup = () => undefined;
  for (const file of files) {
    const earlier = known;
    const text = (await readEnvText(file)).replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
    const read = readDotEnv(text, (name) => outer(name) ?? earlier(name), leniency);
    for (const name of read.names) names.add(name);
    known = (name) => inFile(read.lookup, name, file) ?? earlier(name);
  }
  return { names, lookup: known };
}

function inFile(lookup: Lookup, name: string, file: string): string | undefined {
  try {
    return lookup(name);
  } catch (error) {
    if (!isVariableFailure(error)) throw error;
    throw new MachinistError("compose.variable", `${file}: ${error.message}`, {
      hint: error.hint ?? "Write $$ for a dollar sign, or put the value in single quotes",
    });
  }
}
