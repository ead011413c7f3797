import type { Data, Json } from "@machinist/core";
import type { SourceLocation } from "./source-location.ts";

/** A manifest's content, whatever language it was written in, with the place of every value. */
export type Tree = Leaf | List | Mapping;

export interface Leaf {
  readonly kind: "leaf";
  value: null | boolean | number | string;
  /** As it was written: `1.10` where the value is 1.1. */
  text: string;
  readonly place: SourceLocation;
  /** Variables were put in: the text may have to be read as a number or a truth value. */
  fromVariables?: boolean;
}
export interface List {
  readonly kind: "list";
  readonly items: Tree[];
  readonly place: SourceLocation;
}
export interface Mapping {
  readonly kind: "map";
  readonly entries: Map<string, Entry>;
  readonly place: SourceLocation;
}
export interface Entry {
  /** Where the key is written. */
  readonly key: SourceLocation;
  readonly value: Tree;
}

/** Maps are merged key by key, to any depth; anything else is replaced by what comes later. */
export function merge(earlier: Tree, later: Tree): Tree {
  if (earlier.kind !== "map" || later.kind !== "map") return later;
  const entries = new Map(earlier.entries);
  for (const [name, entry] of later.entries) {
    const before = entries.get(name);
    entries.set(name, before === undefined ? entry : { key: entry.key, value: merge(before.value, entry.value) });
  }
  return { kind: "map", entries, place: later.place };
}

/** Whether there is nothing: absent, or a key with no value. */
const isNothing = (tree: Tree | undefined): boolean =>
  tree === undefined || (tree.kind === "leaf" && tree.value === null);

/** The value under a key; a key without a value counts as absent. */
export function at(tree: Tree | undefined, key: string): Tree | undefined {
  const found = tree?.kind === "map" ? tree.entries.get(key)?.value : undefined;
  return isNothing(found) ? undefined : found;
}

export const entriesOf = (tree: Tree | undefined): [string, Entry][] => (tree?.kind === "map" ? [...tree.entries] : []);

export const itemsOf = (tree: Tree | undefined): Tree[] => (tree?.kind === "list" ? tree.items : []);

/** Where a map's key is written. */
export const keyPlace = (tree: Tree, key: string): SourceLocation | undefined =>
  tree.kind === "map" ? tree.entries.get(key)?.key : undefined;

/** A leaf as text, exactly as written. */
export function textOf(tree: Tree | undefined): string | undefined {
  if (tree?.kind !== "leaf") return undefined;
  if (typeof tree.value === "string") return tree.value;
  return tree.value === null ? "" : tree.text;
}

/** A list of texts; a single text is a list of one. */
export function textsOf(tree: Tree | undefined): string[] | undefined {
  if (tree === undefined) return undefined;
  return (tree.kind === "list" ? tree.items : [tree]).map((item) => textOf(item) ?? "");
}

/** A map of texts. */
export function textMapOf(tree: Tree | undefined): { [key: string]: string } | undefined {
  if (tree?.kind !== "map") return undefined;
  return Object.fromEntries(entriesOf(tree).map(([name, { value }]) => [name, textOf(value) ?? ""]));
}

/** As plain data. Keys such as `__proto__` become ordinary own properties. */
export function jsonOf(tree: Tree): Json {
  if (tree.kind === "leaf") return tree.value;
  if (tree.kind === "list") return tree.items.map(jsonOf);
  return Object.fromEntries(entriesOf(tree).map(([name, { value }]) => [name, jsonOf(value)]));
}

/** A map as plain data; anything else as none. */
export const dataOf = (tree: Tree | undefined): Data => (tree?.kind === "map" ? (jsonOf(tree) as Data) : {});
