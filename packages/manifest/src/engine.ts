import type { EngineSpec } from "@machinist/core";
import { dataOf, entriesOf, merge, type Tree, textMapOf, textOf, textsOf } from "./tree.ts";

type Reader = (tree: Tree) => unknown;

const plain: Reader = (tree) => (tree.kind === "leaf" ? tree.value : undefined);

/** Each key of `engine` in the file: what it is called in the spec, and how it is read. */
const keys: { readonly [key: string]: readonly [keyof EngineSpec, Reader] } = {
  install: ["install", textOf],
  version: ["version", textOf],
  port: ["port", plain],
  labels: ["labels", textMapOf],
  dns: ["dns", textsOf],
  "insecure-registries": ["insecureRegistries", textsOf],
  "registry-mirrors": ["registryMirrors", textsOf],
  "storage-driver": ["storageDriver", textOf],
  "log-driver": ["logDriver", textOf],
  "log-options": ["logOptions", textMapOf],
  env: ["env", textMapOf],
  options: ["options", dataOf],
  sans: ["sans", textsOf],
  hostname: ["hostname", plain],
};

/** A group's Docker: what the group says, over what the fleet says. */
export function engineOf(fleet: Tree | undefined, group: Tree | undefined): EngineSpec | false {
  const says = (tree: Tree | undefined, value: boolean) => tree?.kind === "leaf" && tree.value === value;
  if (says(group, false) || (group === undefined && says(fleet, false))) return false;
  const maps = [fleet, group].filter((tree) => tree?.kind === "map") as Tree[];
  const merged = maps.length === 2 ? merge(maps[0]!, maps[1]!) : maps[0];
  const read = entriesOf(merged).flatMap(([key, { value }]) => {
    const [name, reader] = keys[key]!;
    const nothing = value.kind === "leaf" && value.value === null;
    return nothing ? [] : [[name, reader(value)]];
  });
  return Object.fromEntries(read) as EngineSpec;
}
