import { readComposeFile } from "./document.ts";
import { placeOf, type Tree } from "./tree.ts";

export type Content = { readonly [key: string]: unknown };
export type Keys = readonly (string | number)[];

/** One stack file as docker reads it: plain values, the first document alone, no tags of compose. */
export interface StackDocument {
  readonly path: string;
  readonly content: Content;
  /** `stack.yaml:12`, of the value at `keys` or the nearest one around it. */
  place(keys: Keys): string;
}

/** Throws what reading a compose file throws. Variables are left as they are. */
export async function readStackFile(path: string): Promise<StackDocument> {
  const [tree] = await readComposeFile(path, { base: "/", lookup: () => undefined });
  const content = tree === undefined ? {} : plain(tree);
  return {
    path,
    content: isMap(content) ? content : {},
    place: (keys) => (tree === undefined ? path : placeOf(nearest(tree, keys))),
  };
}

function plain(tree: Tree): unknown {
  if (tree.type === "leaf") return tree.value;
  if (tree.type === "list") return tree.items.map(plain);
  return Object.fromEntries([...tree.entries].map(([key, value]) => [key, plain(value)]));
}

function nearest(tree: Tree, [key, ...rest]: Keys): Tree {
  if (key === undefined) return tree;
  const next =
    tree.type === "map" ? tree.entries.get(String(key)) : tree.type === "list" ? tree.items[Number(key)] : undefined;
  return next === undefined ? tree : nearest(next, rest);
}

export const isMap = (value: unknown): value is Content =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];

export const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;
