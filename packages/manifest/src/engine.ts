import type { Data, EngineSpec } from "@machinist/core";
import { type DockerKey, dockerFields, dockerKeys } from "@machinist/options";
import { at, dataOf, entriesOf, type Mapping, merge, type Tree, textMapOf, textOf, textsOf } from "./tree.ts";

type Reader = (tree: Tree) => unknown;

const plain: Reader = (tree) => (tree.kind === "leaf" ? tree.value : undefined);

const byType: { readonly [type in DockerKey["type"]]: Reader } = {
  text: textOf,
  texts: textsOf,
  pairs: textMapOf,
  number: plain,
  switch: plain,
};

/** Each key of `engine` in the file: what it is called in the spec, and how it is read. */
const keys: { readonly [key: string]: readonly [keyof EngineSpec, Reader] } = {
  install: ["install", textOf],
  version: ["version", textOf],
  port: ["port", plain],
  options: ["options", restOf],
  sans: ["sans", textsOf],
  hostname: ["hostname", plain],
  ...Object.fromEntries(dockerFields.map(({ key, field, type }) => [key, [field, byType[type]] as const])),
};

/** A group's Docker: what the group says, over what the fleet says. */
export function engineOf(fleet: Tree | undefined, group: Tree | undefined): EngineSpec | false {
  const says = (tree: Tree | undefined, value: boolean) => tree?.kind === "leaf" && tree.value === value;
  if (says(group, false) || (group === undefined && says(fleet, false))) return false;
  const maps = [fleet, group].flatMap((tree) => (tree?.kind === "map" ? [folded(tree)] : []));
  const merged = maps.length === 2 ? merge(maps[0]!, maps[1]!) : maps[0];
  const read = entriesOf(merged).flatMap(([key, { value }]) => {
    const [name, reader] = keys[key]!;
    const nothing = value.kind === "leaf" && value.value === null;
    return nothing ? [] : [[name, reader(value)]];
  });
  return Object.fromEntries(read) as EngineSpec;
}

/** The keys that a spec has among the rest of daemon.json. */
const amongOptions = new Map(
  dockerKeys.flatMap(({ key, field, daemonKey }) => (field ? [] : [[key, daemonKey ?? key]])),
);

/**
 * Keys without a field of their own put into `options`, before a group is laid over the fleet: either may use either way. A key
 * without a value goes along, so that a group can take back what its fleet says.
 */
function folded(tree: Mapping): Mapping {
  const isOwn = (key: string) => amongOptions.has(key);
  const entries = new Map([...tree.entries].filter(([key]) => !isOwn(key)));
  if (entries.size === tree.entries.size) return tree;
  const { place } = tree;
  const own = [...tree.entries].filter(([key]) => isOwn(key));
  const moved: Tree = {
    kind: "map",
    entries: new Map(own.map(([key, entry]) => [amongOptions.get(key)!, entry])),
    place,
  };
  const options = at(tree, "options");
  entries.set("options", { key: place, value: options ? merge(options, moved) : moved });
  return { kind: "map", entries, place };
}

/** `options` without the keys that were taken back. */
function restOf(tree: Tree): Data {
  const folds = new Set(amongOptions.values());
  const kept = Object.entries(dataOf(tree)).filter(([key, value]) => value !== null || !folds.has(key));
  return Object.fromEntries(kept);
}
