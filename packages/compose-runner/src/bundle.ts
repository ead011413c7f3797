import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { dirname, join, parse, relative, sep } from "node:path";
import type { ComposeSpec, StackSpec } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import type { FileFingerprint } from "./carried.ts";
import type { Carried, Limits } from "./carry.ts";
import { carry, DEFAULT_LIMITS } from "./carry.ts";
import { collect, readVariables } from "./collect.ts";
import type { Environment, NeededVariable } from "./environment.ts";
import { sealOf, valuesOf } from "./environment.ts";
import type { Reference } from "./references.ts";
import type { Variables } from "./variables.ts";

/** Everything a project needs on another host. Remote paths are relative to one folder there and keep their places to each other. */
export interface Bundle {
  /** Remote relative path → local path. */
  readonly files: ReadonlyMap<string, string>;
  /** The same names → what their content and permissions are. */
  readonly fingerprints: ReadonlyMap<string, FileFingerprint>;
  /** SHA-256 over paths, modes and contents. */
  readonly digest: string;
  /** The local folder that all of it lies in. */
  readonly root: string;
  /** Compose files, env files and the project's folder, relative to `root`. */
  readonly composeFiles: readonly string[];
  readonly envFiles: readonly string[];
  readonly folder: string;
  readonly services: readonly string[];
  /** What compose files may refer to by `${NAME}`. */
  readonly variables: Variables;
  /** Of this computer's environment, by name. They may be secrets: saved and shown nowhere. */
  readonly environment: Variables;
}

export interface BundleOptions {
  readonly limits?: Limits;
  /** Default: none is known. */
  readonly environment?: Environment;
}

/** Bundle a compose project: its files, env files, build contexts, bind-mounted files, secrets and configs. */
export function bundleProject(
  spec: Pick<ComposeSpec, "files" | "envFiles" | "profiles" | "env">,
  options: BundleOptions = {},
): Promise<Bundle> {
  const promised = (spec.env ?? []).map((name) => ({ name, at: "env" }));
  return bundle(spec, options, promised, (references) => references);
}

/** Bundle a stack. Throws `stack.bind` for bind mounts of local files: they would not be on the other nodes. */
export function bundleStack(spec: Pick<StackSpec, "files" | "envFiles">, options: BundleOptions = {}): Promise<Bundle> {
  return bundle({ ...spec, profiles: ["*"] }, options, [], (references, [variable]) => {
    if (variable !== undefined)
      throw new MachinistError(
        "stack.environment",
        `${variable.at}: docker stack makes no secrets and configs from variables`,
        { hint: "Use file:, which Swarm carries to every node" },
      );
    const bind = references.find(({ type }) => type === "bind");
    if (bind !== undefined)
      throw new MachinistError(
        "stack.bind",
        `${bind.at}: ${bind.path} would not be there on the other nodes of the Swarm`,
        {
          hint: "Use configs: or secrets: with file:, which Swarm carries to every node.",
        },
      );
    // A stack builds nothing.
    return references.filter(({ type }) => type !== "context");
  });
}

async function bundle(
  { files, envFiles = [], profiles = [] }: Pick<ComposeSpec, "files" | "envFiles" | "profiles">,
  { limits = DEFAULT_LIMITS, environment = {} }: BundleOptions,
  promised: readonly NeededVariable[],
  choose: (references: readonly Reference[], needed: readonly NeededVariable[]) => readonly Reference[],
): Promise<Bundle> {
  const [first] = files;
  if (first === undefined) throw new MachinistError("compose.no-files", "No compose file is named");
  const folder = dirname(first);
  const variableFiles = envFiles.length > 0 ? envFiles : [join(folder, ".env")];
  const given = valuesOf(promised, environment);
  const variables = { ...(await readVariables(variableFiles)), ...given };
  const { references, services, needed } = await collect({ files, profiles, variables });
  const chosen = choose(references, needed);
  const missing = needed.filter(({ name }) => variables[name] === undefined);
  const own = { ...given, ...valuesOf(missing, environment) };
  const env: Reference[] = variableFiles.map((path) => ({
    path,
    type: "file",
    optional: envFiles.length === 0,
    at: "env file",
  }));
  const carried = await carry([...chosen, ...env], limits);
  const root = commonFolder([folder, ...[...carried.keys()].map((path) => dirname(path))]);
  const remote = (path: string) => relative(root, path).split(sep).join("/");
  const sorted = [...carried.values()]
    .map((file) => ({ ...file, name: remote(file.path) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const fingerprints = await fingerprintsOf(sorted);
  return {
    files: new Map(sorted.map(({ name, path }) => [name, path])),
    fingerprints,
    digest: digestOf(fingerprints, own),
    root,
    composeFiles: files.map(remote),
    envFiles: envFiles.map(remote),
    folder: remote(folder) || ".",
    services,
    variables,
    environment: own,
  };
}

function commonFolder(folders: readonly string[]): string {
  const [first = "/", ...others] = folders;
  let common = first;
  for (const folder of others)
    while (!`${folder}${sep}`.startsWith(common.endsWith(sep) ? common : `${common}${sep}`)) common = dirname(common);
  return common === "" ? parse(first).root : common;
}

async function fingerprintsOf(
  files: readonly (Carried & { readonly name: string })[],
): Promise<Map<string, FileFingerprint>> {
  const fingerprints = new Map<string, FileFingerprint>();
  for (const { name, mode, path } of files) {
    const content = createHash("sha256");
    for await (const piece of createReadStream(path)) content.update(piece as Buffer);
    fingerprints.set(name, { sha256: content.digest("hex"), mode });
  }
  return fingerprints;
}

/** The names come sorted. */
function digestOf(fingerprints: ReadonlyMap<string, FileFingerprint>, environment: Variables): string {
  const hash = createHash("sha256");
  for (const [name, { sha256, mode }] of fingerprints) hash.update(`${name}\0${mode.toString(8)}\0${sha256}\n`);
  for (const name of Object.keys(environment).sort())
    hash.update(`$${name}\0${sealOf(name, environment[name] ?? "")}\n`);
  return hash.digest("hex");
}
