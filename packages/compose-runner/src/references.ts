import { isAbsolute, resolve } from "node:path";
import type { ComposeDocument } from "./document.ts";
import { isMap, listOf, textOf } from "./document.ts";
import type { NeededVariable } from "./environment.ts";
import type { Variables } from "./variables.ts";
import { interpolate } from "./variables.ts";

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
}

interface Place {
  readonly document: ComposeDocument;
  /** What relative paths start from. */
  readonly base: string;
  readonly variables: Variables;
}

type Keys = readonly (string | number)[];

/** What one service refers to. `active`: whether it will run, so that what it needs must be there. */
export function serviceReferences(place: Place, name: string, service: unknown, active: boolean): Reference[] {
  if (!isMap(service)) return [];
  const at = (...keys: Keys) => place.document.place(["services", name, ...keys]);
  const found: Reference[] = [];
  const add = (written: unknown, type: Reference["type"], where: string, more: Partial<Reference> = {}) => {
    const text = textOf(written);
    if (text === undefined) return;
    const path = interpolate(text, place.variables);
    found.push({ path: resolve(place.base, path), type, optional: !active, at: where, ...more });
  };
  for (const [index, entry] of listOf(service.env_file).entries()) {
    const file = isMap(entry) ? entry.path : entry;
    const optional = !active || (isMap(entry) && entry.required === false);
    add(file, "file", at("env_file", index), { optional });
  }
  for (const [index, entry] of listOf(service.label_file).entries()) add(entry, "file", at("label_file", index));
  for (const [index, volume] of listOf(service.volumes).entries()) {
    const source = bindSource(volume, place.variables);
    if (source !== undefined) add(source, "bind", at("volumes", index));
  }
  for (const context of contextsOf(service.build, place))
    found.push({ ...context, optional: !active, at: at("build") });
  return found;
}

/** `secrets` and `configs` with a `file`. */
export function topLevelReferences({ document, base, variables }: Place): Reference[] {
  return ["secrets", "configs"].flatMap((section) => {
    const entries = document.content[section];
    if (!isMap(entries)) return [];
    return Object.entries(entries).flatMap(([name, entry]) => {
      const file = isMap(entry) ? textOf(entry.file) : undefined;
      if (file === undefined) return [];
      const path = resolve(base, interpolate(file, variables));
      return [{ path, type: "file" as const, optional: false, at: document.place([section, name, "file"]) }];
    });
  });
}

/** `secrets` and `configs` with an `environment`. */
export function neededVariables(document: ComposeDocument): NeededVariable[] {
  return ["secrets", "configs"].flatMap((section) => {
    const entries = document.content[section];
    if (!isMap(entries)) return [];
    return Object.entries(entries).flatMap(([name, entry]) => {
      const variable = isMap(entry) ? textOf(entry.environment) : undefined;
      return variable === undefined ? [] : [{ name: variable, at: document.place([section, name, "environment"]) }];
    });
  });
}

/** The local side of a bind mount; undefined for named volumes, and for absolute paths and `~`, which are the remote host's own. */
function bindSource(volume: unknown, variables: Variables): string | undefined {
  if (isMap(volume)) {
    const source = volume.type === "bind" ? textOf(volume.source) : undefined;
    return source === undefined || isRemoteOwn(interpolate(source, variables)) ? undefined : source;
  }
  const text = textOf(volume);
  if (text === undefined) return undefined;
  const [source = "", target] = interpolate(text, variables).split(":");
  return target !== undefined && source.startsWith(".") ? source : undefined;
}

const isRemoteOwn = (path: string): boolean => isAbsolute(path) || path.startsWith("~");

function contextsOf(build: unknown, place: Place): Pick<Reference, "path" | "type" | "dockerfile">[] {
  const expand = (value: unknown) => interpolate(textOf(value) ?? "", place.variables);
  const settings = isMap(build) ? build : typeof build === "string" ? { context: build } : undefined;
  if (settings === undefined) return [];
  const folders: Pick<Reference, "path" | "type" | "dockerfile">[] = [];
  const context = expand(settings.context) || ".";
  if (isLocal(context)) {
    const path = resolve(place.base, context);
    const inline = settings.dockerfile_inline !== undefined;
    folders.push({
      path,
      type: "context",
      ...(inline ? {} : { dockerfile: resolve(path, expand(settings.dockerfile) || "Dockerfile") }),
    });
  }
  const others = settings.additional_contexts;
  const values = isMap(others)
    ? Object.values(others)
    : listOf(others).map((entry) => String(entry).replace(/^[^=]*=/, ""));
  for (const value of values.map(expand))
    if (value !== "" && isLocal(value)) folders.push({ path: resolve(place.base, value), type: "context" });
  return folders;
}

const isLocal = (context: string): boolean => !/^(?:[a-z][a-z0-9+.-]*:|git@|github\.com\/)/i.test(context);
