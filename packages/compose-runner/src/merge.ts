import { type Branch, type Items, itemsOf, type Tree } from "./tree.ts";

/** What one file says over another, as compose puts files together. Undefined: nothing of it is left. */
export function merge(base: Tree | undefined, over: Tree, path: readonly string[] = []): Tree | undefined {
  if (over.tag === "!reset") return undefined;
  if (base === undefined || over.tag === "!override") return settled(over, path);
  if (over.type === "leaf" && over.value === null) return base;
  const [below, above] = [canonical(base, path), canonical(over, path)];
  if (below.type === "map" && above.type === "map") return mergedMaps(below, above, path);
  if (isList(path) || (below.type === "list" && above.type === "list")) return mergedLists(below, above, path);
  return settled(above, path);
}

/** A value with nothing below it: what it resets is gone. */
function settled(tree: Tree, path: readonly string[]): Tree | undefined {
  if (tree.tag === "!reset") return undefined;
  if (tree.type === "list")
    return { ...tree, items: tree.items.flatMap((item) => settled(item, [...path, "*"]) ?? []) };
  if (tree.type === "leaf") return tree;
  const entries = new Map<string, Tree>();
  for (const [key, value] of tree.entries) {
    const kept = settled(value, [...path, key]);
    if (kept !== undefined) entries.set(key, kept);
  }
  return { ...tree, entries };
}

function mergedMaps(base: Branch, over: Branch, path: readonly string[]): Branch {
  const entries = new Map(base.entries);
  for (const [key, value] of over.entries) {
    const merged = merge(base.entries.get(key), value, [...path, key]);
    if (merged === undefined) entries.delete(key);
    else entries.set(key, merged);
  }
  return { ...over, entries };
}

function mergedLists(base: Tree, over: Tree, path: readonly string[]): Items {
  const items = [...itemsOf(base), ...itemsOf(over).flatMap((item) => settled(item, path) ?? [])];
  return { type: "list", items: isVolumes(path) ? onePerTarget(items) : items, origin: over.origin };
}

const LISTS = ["env_file", "label_file", "profiles", "volumes", "secrets", "configs", "include"];

/** Lists that may be written as one value alone. */
const isList = (path: readonly string[]): boolean =>
  path.length === 3 && path[0] === "services" && LISTS.includes(path[2]!);

const isVolumes = (path: readonly string[]): boolean => isList(path) && path[2] === "volumes";

/** The last that mounts something at a place is the one that does. */
function onePerTarget(items: readonly Tree[]): Tree[] {
  const seen = new Map<unknown, Tree>();
  for (const item of items) {
    const target = targetOf(item) ?? item;
    seen.delete(target);
    seen.set(target, item);
  }
  return [...seen.values()];
}

function targetOf(volume: Tree): unknown {
  if (volume.type === "map") {
    const target = volume.entries.get("target");
    return target?.type === "leaf" ? target.value : undefined;
  }
  if (volume.type !== "leaf") return undefined;
  const parts = colonParts(String(volume.value));
  return parts[1] ?? parts[0];
}

/** `a:b:c` by its colons, but for those inside of `${…}`. */
export function colonParts(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  let open = 0;
  for (let at = 0; at < text.length; at++) {
    if (text.startsWith("${", at)) open++;
    else if (text[at] === "}" && open > 0) open--;
    else if (text[at] === ":" && open === 0) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, text.slice(from)];
}

/** `build: PATH` and `extends: NAME` are short for maps. */
function canonical(tree: Tree, path: readonly string[]): Tree {
  if (tree.type !== "leaf" || tree.value === null || path.length !== 3 || path[0] !== "services") return tree;
  const key = path[2] === "build" ? "context" : path[2] === "extends" ? "service" : undefined;
  return key === undefined ? tree : { type: "map", entries: new Map([[key, tree]]), origin: tree.origin };
}
