import { isAbsolute, relative, resolve, sep } from "node:path";
import { interpolated } from "./interpolation.ts";
import { colonParts } from "./merge.ts";
import { localPath, type Model, services } from "./model.ts";
import { entriesOf, entry, itemsOf, type Origin, placeOf, type Tree } from "./tree.ts";

/** A local file or folder that a compose file needs. */
export interface Reference {
  readonly path: string;
  /** `context`: a folder to build in; `bind`: made by docker where it is missing; `file`: must be there. */
  readonly type: "file" | "context" | "bind";
  /** Of a context: its Dockerfile, as a path. */
  readonly dockerfile?: string;
  /** Nothing is wrong if it is not there. */
  readonly optional: boolean;
  /** `compose.yaml:12`. */
  readonly at: string;
  /** How a compose file names it; undefined where nothing does. */
  readonly written?: Written;
}

/** As much of a reference as tells how it is written on another computer. */
export type Named = Pick<Reference, "path" | "written">;

/** The place of a path in a compose file. */
export interface Written {
  readonly origin: Origin;
  /** What the path starts from, where it is relative. */
  readonly base: string;
  /** It means nothing on another computer. */
  readonly absolute: boolean;
  /** Who reads it knows of no relative paths: the engine itself does. */
  readonly byEngine?: boolean;
  /** The whole value with another path in it, which holds no variables. */
  readonly with: (path: string) => string;
}

/** What is asked of a model. */
export interface Wanted {
  /** The project's own folder, absolute. */
  readonly folder: string;
  readonly profiles: readonly string[];
}

/** The names of the services that are started, as far as can be said without compose. */
export function startedServices(model: Model, { profiles }: Wanted): string[] {
  const started = services(model).filter(([, service]) => {
    const wanted = itemsOf(entry(service, "profiles")).map(interpolated);
    return wanted.length === 0 || profiles.includes("*") || wanted.some((each) => profiles.includes(each));
  });
  return started.map(([name]) => name).sort();
}

/** Everything that the services which are started need of this computer. */
export function referencesOf(model: Model, wanted: Wanted): Reference[] {
  const started = new Set(startedServices(model, wanted));
  const active = services(model).filter(([name]) => started.has(name));
  const used = usedBy(active.map(([, service]) => service));
  return [
    ...model.files.map(({ named, ...file }) => ({
      ...file,
      type: "file" as const,
      // A `~` stands for itself there.
      ...(named && { written: { ...writtenAs(named, textOf(named)), absolute: isAbsolute(textOf(named)) } }),
    })),
    ...active.flatMap(([, service]) => serviceReferences(service, wanted)),
    ...(["secrets", "configs"] as const).flatMap((section) =>
      entriesOf(entry(model.tree, section))
        .filter(([name]) => used.has(`${section}/${name}`))
        .flatMap(([, each]) => reference(entry(each, "file"), "file")),
    ),
    ...entriesOf(entry(model.tree, "volumes")).flatMap(([, volume]) => boundVolume(volume, wanted)),
  ];
}

/** Folders that are named and of which nothing is carried for that; what lies in them is named by others. */
export function directoriesOf({ directories }: Pick<Model, "directories">): Named[] {
  return directories.map((named) => {
    const path = textOf(named);
    // A `~` stands for itself there.
    return { path: localPath(named, false), written: { ...writtenAs(named, path), absolute: isAbsolute(path) } };
  });
}

/** `secrets/NAME` and `configs/NAME` that these services mount or build with. */
function usedBy(active: readonly Tree[]): Set<string> {
  const named = (tree: Tree | undefined, section: string) =>
    itemsOf(tree).map((each) => `${section}/${textOf(each.type === "map" ? entry(each, "source") : each)}`);
  return new Set(
    active.flatMap((service) => [
      ...named(entry(service, "secrets"), "secrets"),
      ...named(entry(service, "configs"), "configs"),
      ...named(entry(entry(service, "build"), "secrets"), "secrets"),
    ]),
  );
}

function serviceReferences(service: Tree, wanted: Wanted): Reference[] {
  const found: Reference[] = [];
  const envFiles = itemsOf(entry(service, "env_file")).map((file) => {
    const required = file.type === "map" ? entry(file, "required") : undefined;
    const optional = required?.type === "leaf" && String(required.value) === "false";
    return { named: file.type === "map" ? entry(file, "path") : file, optional };
  });
  // Of one that is named twice compose takes what is said last.
  const last = new Map(envFiles.map(({ named, optional }) => [textOf(named), optional]));
  for (const { named } of envFiles)
    found.push(...reference(named, "file", { optional: last.get(textOf(named)) === true }));
  for (const file of itemsOf(entry(service, "label_file"))) found.push(...reference(file, "file"));
  found.push(...reference(entry(entry(service, "credential_spec"), "file"), "file"));
  for (const volume of itemsOf(entry(service, "volumes"))) found.push(...bound(volume, wanted));
  return [...found, ...contextsOf(entry(service, "build"))];
}

function reference(named: Tree | undefined, type: Reference["type"], more: Partial<Reference> = {}): Reference[] {
  if (named === undefined || textOf(named) === "") return [];
  const written = writtenAs(named, textOf(named));
  return [{ path: localPath(named), type, optional: false, at: placeOf(named), written, ...more }];
}

function writtenAs(named: Tree, path: string, around = (other: string) => other): Written {
  const absolute = isAbsolute(path) || path.startsWith("~");
  return { origin: named.origin, base: named.origin.scope.base, absolute, with: (other) => around(literal(other)) };
}

const literal = (path: string): string => path.replaceAll("$", "$$$$");

const textOf = (tree: Tree | undefined): string => (tree === undefined ? "" : interpolated(tree));

/** The local side of a bind mount; none for named volumes, and for paths that are the remote host's own. */
function bound(volume: Tree, wanted: Wanted): Reference[] {
  if (volume.type === "map") {
    const source = textOf(entry(volume, "type")) === "bind" ? entry(volume, "source") : undefined;
    return source !== undefined && isOurs(source, textOf(source), wanted) ? reference(source, "bind") : [];
  }
  const [source = "", ...rest] = colonParts(textOf(volume));
  if (rest.length === 0 || !/^[./~]/.test(source) || !isOurs(volume, source, wanted)) return [];
  const written = writtenAs(volume, source, (other) => [other, ...restOf(volume, rest)].join(":"));
  return [{ path: pathFrom(volume, source), type: "bind", optional: false, at: placeOf(volume), written }];
}

/** What stands after the source, as it is written; its variables are the host's to put in, unless one holds all of it. */
function restOf(volume: Tree, rest: readonly string[]): readonly string[] {
  const [, ...raw] = colonParts(volume.type === "leaf" ? String(volume.value) : "");
  return raw.length === rest.length ? raw : rest.map(literal);
}

/** A volume that is a folder of the host's, by the local driver. */
function boundVolume(volume: Tree, wanted: Wanted): Reference[] {
  const options = entry(volume, "driver_opts");
  const device = entry(options, "device");
  const binds = textOf(entry(options, "o"))
    .split(",")
    .some((each) => /^r?bind$/.test(each.trim()));
  if (device === undefined || !binds || !isOurs(device, textOf(device), wanted)) return [];
  const written = { ...writtenAs(device, textOf(device)), absolute: true, byEngine: true };
  return reference(device, "bind", { written });
}

/**
 * Relative paths are this computer's. An absolute one is the host's own, as `/var/run/docker.sock` is; but one that a
 * variable (`${PWD}`) or `~` makes of the project's own folder means what lies there.
 */
function isOurs(named: Tree, path: string, { folder }: Wanted): boolean {
  if (!isAbsolute(path) && !path.startsWith("~")) return true;
  const written = named.type === "leaf" ? String(named.value) : "";
  const made = written.includes("$") || written.startsWith("~");
  return made && isInside(folder, pathFrom(named, path));
}

const pathFrom = (named: Tree, path: string): string =>
  localPath({ type: "leaf", value: literal(path), origin: named.origin });

export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function contextsOf(build: Tree | undefined): Reference[] {
  if (build === undefined || (build.type === "leaf" && build.value === null)) return [];
  const named = build.type === "map" ? entry(build, "context") : build;
  const context = textOf(named) || ".";
  const others = additional(build);
  if (!isLocal(context)) return others;
  const path = named === undefined ? build.origin.scope.base : localPath(named);
  const inline = entry(build, "dockerfile_inline") !== undefined;
  const file = entry(build, "dockerfile");
  const written = named === undefined ? {} : { written: writtenAs(named, context) };
  const at = placeOf(build);
  const main: Reference = { path, type: "context", optional: false, at, ...written };
  if (inline) return [main, ...others];
  return [
    { ...main, dockerfile: resolve(path, textOf(file) || "Dockerfile") },
    ...ownDockerfile(path, file),
    ...others,
  ];
}

/** One that is named by where it is on this computer. A relative one goes along with its context. */
function ownDockerfile(context: string, file: Tree | undefined): Reference[] {
  if (file === undefined || !isAbsolute(textOf(file))) return [];
  return reference(file, "file", { written: { ...writtenAs(file, textOf(file)), base: context } });
}

/** `additional_contexts`, a map or `NAME=PATH`. */
function additional(build: Tree): Reference[] {
  const others = entry(build, "additional_contexts");
  const named = others?.type === "map" ? [...others.entries.values()] : itemsOf(others);
  return named.flatMap((each): Reference[] => {
    const [, name = "", path = ""] = /^([^=]*=)?([\s\S]*)$/.exec(textOf(each)) ?? [];
    if (path === "" || !isLocal(path)) return [];
    const written = writtenAs(each, path, (other) => `${literal(name)}${other}`);
    return [{ path: pathFrom(each, path), type: "context", optional: false, at: placeOf(each), written }];
  });
}

const isLocal = (context: string): boolean => !/^(?:[a-z][a-z0-9+.-]*:|git@|github\.com\/)/i.test(context);
