import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { ComposeSpec } from "@machinist/core";
import { type Environment, type NeededVariable, valuesOf } from "./environment.ts";
import { type EnvFiles, interpolated, readEnvFiles, type Variables } from "./interpolation.ts";
import { type Model, readModel } from "./model.ts";
import { directoriesOf, type Named, type Reference, referencesOf, startedServices } from "./references.ts";
import { entriesOf, entry, leavesOf, placeOf } from "./tree.ts";

/** What compose files say of a project, as far as carrying it needs. */
export interface Project {
  readonly model: Model;
  /** Of the first compose file. */
  readonly folder: string;
  readonly references: readonly Reference[];
  /** Folders that its files name beside these. */
  readonly directories: readonly Named[];
  /** Services that compose will start, as far as can be said without it. Sorted. */
  readonly services: readonly string[];
  /** Of this computer's environment: what its files may use. They may be secrets. */
  readonly environment: Variables;
  /** Variables that secrets and configs are made of, but for those of env files. */
  readonly needed: readonly NeededVariable[];
  /** The variables that compose files use and that are set, whatever sets them. */
  readonly variables: Variables;
  /** The names of all variables that compose files use. */
  readonly asked: ReadonlySet<string>;
  /** Values that nothing may show: of env files, and of what it was promised. */
  readonly secrets: readonly string[];
  /** The value of a variable in its files. */
  readonly lookup: (name: string) => string | undefined;
}

export type ProjectFiles = Pick<ComposeSpec, "files" | "envFiles" | "profiles" | "env">;

/** Variables of this computer that files may use without being promised them: they name places. */
const PLACES = ["HOME", "PWD"];

/** Read compose files and all they refer to. Throws `compose.*`. */
export async function readProject(spec: ProjectFiles, environment: Environment): Promise<Project> {
  const { files, envFiles = [], profiles = [], env = [] } = spec;
  const folder = dirname(files[0]!);
  const given = valuesOf(
    env.map((name) => ({ name, at: "env" })),
    environment,
  );
  const places: Variables = { HOME: environment.HOME ?? homedir(), PWD: folder };
  const outer = { ...places, ...given };
  const used = new Set<string>();
  const own = envFiles.length > 0 ? envFiles : [join(folder, ".env")];
  const fromEnv = (name: string): string | undefined => {
    if (PLACES.includes(name)) used.add(name);
    return Object.hasOwn(outer, name) ? outer[name] : undefined;
  };
  const fromFiles = await readEnvFiles(own, fromEnv);
  const lookup = (name: string) => fromEnv(name) ?? fromFiles.lookup(name);
  const asked = new Map<string, string | undefined>();
  const noting = (name: string) => {
    const value = lookup(name);
    asked.set(name, value);
    return value;
  };
  const model = await readModel(files, { base: folder, lookup: noting });
  const wanted = { folder, profiles: profiles.length > 0 ? profiles : listed(lookup("COMPOSE_PROFILES")) };
  const references: Reference[] = [
    ...referencesOf(model, wanted),
    ...own.map((path) => ({ path, type: "file" as const, optional: envFiles.length === 0, at: "env file" })),
  ];
  if (usesHome(model)) used.add("HOME");
  return {
    model,
    folder,
    references,
    directories: directoriesOf(model),
    services: startedServices(model, wanted),
    environment: { ...pick(places, used), ...given },
    needed: neededVariables(model).filter(({ name }) => lookup(name) === undefined),
    variables: Object.fromEntries([...asked].filter((each): each is [string, string] => each[1] !== undefined)),
    asked: new Set(asked.keys()),
    secrets: [...Object.values(given), ...valuesIn(fromFiles)],
    lookup,
  };
}

/** A value that cannot be worked out is nobody's secret. */
function valuesIn({ names, lookup }: EnvFiles): string[] {
  return [...names].flatMap((name) => {
    try {
      return lookup(name) ?? [];
    } catch {
      return [];
    }
  });
}

const listed = (profiles: string | undefined): string[] =>
  (profiles ?? "").split(",").flatMap((each) => each.trim() || []);

const pick = (values: Variables, names: ReadonlySet<string>): Variables =>
  Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));

/** `secrets` and `configs` that are made of variables. */
function neededVariables(model: Model): NeededVariable[] {
  return ["secrets", "configs"].flatMap((section) =>
    entriesOf(entry(model.tree, section)).flatMap(([, each]) => {
      const named = entry(each, "environment");
      return named === undefined ? [] : [{ name: interpolated(named), at: placeOf(named) }];
    }),
  );
}

/** Compose itself puts this computer's HOME in for `~`. */
function usesHome({ tree }: Model): boolean {
  if (tree === undefined) return false;
  for (const value of leavesOf(tree)) if (typeof value === "string" && /(?:^|:)~(?:\/|$)/.test(value)) return true;
  return false;
}

/** What of these variables is not just where things are on this computer. */
export const withoutPlaces = (environment: Variables): Variables =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !PLACES.includes(name)));
