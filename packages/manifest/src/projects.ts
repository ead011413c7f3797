import { basename, dirname, resolve } from "node:path";
import type { ComposeSpec, ComposeWait, StackSpec } from "@machinist/core";
import { nearest } from "@machinist/options";
import type { Group } from "./groups.ts";
import { type Ordered, orderOf, settleOrder } from "./order.ts";
import type { Problems } from "./problem.ts";
import type { SourceLocation } from "./source-location.ts";
import { at, entriesOf, itemsOf, type Tree, textOf, textsOf } from "./tree.ts";

/** A file a manifest names, to be looked for before anything is made. */
export interface NamedFile {
  readonly path: string;
  /** As written. */
  readonly written: string;
  readonly what: string;
  readonly place: SourceLocation;
}

/** Compose projects by machine, and the files they need. */
export function composeOf(root: Tree, groups: readonly Group[], problems: Problems, files: NamedFile[]): ComposeSpec[] {
  const specs: ComposeSpec[] = [];
  const taken = new Set<string>();
  const ordered: Ordered[] = [];
  for (const [index, project] of itemsOf(at(root, "compose")).entries()) {
    const common = sources(project, "compose file", files);
    const name = textOf(at(project, "name")) ?? projectName(common.files[0]!);
    const profiles = textsOf(at(project, "profiles"));
    for (const machine of machinesOn(project, `compose[${index}].on`, groups, problems)) {
      const id = `${machine} ${name}`;
      if (taken.has(id)) {
        const sentence = `there are two compose projects ${name} on ${machine}`;
        problems.add({
          code: "manifest.duplicate-project",
          sentence,
          place: project.place,
          hint: "Give one a `name:`.",
        });
      }
      taken.add(id);
      specs.push({ name, machine, ...common, ...(profiles && { profiles }), ...waitOf(project) });
    }
    ordered.push(orderOf(project, name, index));
  }
  const orders = settleOrder(ordered, problems);
  return specs.map((spec) => ({ ...spec, ...orders.get(spec.name) }));
}

function waitOf(
  project: Tree,
): Pick<ComposeSpec, "env" | "wait" | "timeoutMs" | "steadyMs" | "overwriteData" | "registries"> {
  const env = textsOf(at(project, "env"));
  const wait = textOf(at(project, "wait")) as ComposeWait | undefined;
  const timeout = at(project, "timeout");
  const steady = at(project, "steady");
  const overwrite = at(project, "overwrite-data");
  const registries = textsOf(at(project, "registries"));
  return {
    ...(env && { env }),
    ...(wait && { wait }),
    ...(timeout?.kind === "leaf" && { timeoutMs: Number(timeout.value) * 1000 }),
    ...(steady?.kind === "leaf" && { steadyMs: Number(steady.value) * 1000 }),
    ...(overwrite?.kind === "leaf" && overwrite.value === true && { overwriteData: true }),
    ...(registries && { registries }),
  };
}

/** Stacks, and the files they need. */
export function stacksOf(root: Tree, files: NamedFile[]): StackSpec[] {
  return entriesOf(at(root, "stacks")).map(([name, { value }]) => {
    const env = textsOf(at(value, "env"));
    const steady = at(value, "steady");
    const registries = textsOf(at(value, "registries"));
    return {
      name,
      ...sources(value, "stack file", files),
      ...(env && { env }),
      ...(registries && { registries }),
      ...(steady?.kind === "leaf" && { steadyMs: Number(steady.value) * 1000 }),
    };
  });
}

function sources(project: Tree, what: string, named: NamedFile[]): Pick<ComposeSpec, "files" | "envFiles"> {
  const files = paths(at(project, "file") ?? at(project, "files"), what, named);
  const envFiles = paths(at(project, "env-file"), "env file", named);
  return { files, ...(envFiles.length > 0 && { envFiles }) };
}

/** Paths are relative to the file they are written in. */
function paths(tree: Tree | undefined, what: string, named: NamedFile[]): string[] {
  if (tree === undefined) return [];
  return (tree.kind === "list" ? tree.items : [tree]).map((item) => {
    const written = textOf(item) ?? "";
    const path = resolve(dirname(item.place.source.path), written);
    named.push({ path, written, what, place: item.place });
    return path;
  });
}

function machinesOn(project: Tree, path: string, groups: readonly Group[], problems: Problems): string[] {
  const on = at(project, "on");
  const found = new Set<string>();
  const machines = groups.flatMap((group) => group.machines);
  for (const item of on?.kind === "list" ? on.items : on === undefined ? [] : [on]) {
    const wanted = textOf(item) ?? "";
    const group = groups.find(({ name }) => name === wanted);
    const meant = wanted === "all" ? machines : (group?.machines ?? machines.filter(({ name }) => name === wanted));
    if (meant.length === 0 && group === undefined && wanted !== "all")
      unknownMachine(wanted, path, groups, item.place, problems);
    for (const machine of meant) {
      if (machine.engine === false && !found.has(machine.name)) withoutDocker(machine.name, path, item.place, problems);
      found.add(machine.name);
    }
  }
  return [...found];
}

function withoutDocker(machine: string, path: string, place: SourceLocation, problems: Problems): void {
  const sentence = `${path} names ${machine}, which has no Docker (engine: false)`;
  problems.add({ code: "manifest.no-engine", sentence, place });
}

export function unknownMachine(
  wanted: string,
  path: string,
  groups: readonly Group[],
  place: SourceLocation,
  problems: Problems,
): void {
  const names = groups.flatMap(({ name, machines }) => [name, ...machines.map((machine) => machine.name)]);
  const guess = nearest(wanted, [...names, "all"]);
  const rest =
    guess === undefined
      ? `; the groups are ${groups
          .map(({ name }) => name)
          .slice(0, 10)
          .join(", ")}`
      : "";
  const end = guess === undefined ? rest : `; did you mean "${guess}"?`;
  const sentence = `${path} names ${JSON.stringify(wanted.slice(0, 60))}, which is no machine and no group${end}`;
  problems.add({ code: "manifest.unknown-machine", sentence, place });
}

/** A compose project's name from its file, or from its folder where the file has the usual name. */
export function projectName(file: string): string {
  const base = basename(file).replace(/\.(ya?ml|json)$/i, "");
  const usual = /^(docker-)?compose$/i.test(base);
  const name = (usual ? basename(dirname(file)) : base).toLowerCase().replace(/[^a-z0-9_-]+/g, "-");
  return name.replace(/^[^a-z0-9]+|[-_]+$/g, "").slice(0, 63) || "default";
}
