import { createHash } from "node:crypto";
import { dirname, parse, relative, sep } from "node:path";
import type { ComposeSpec } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import type { Carried, Limits } from "./collect-context.ts";
import { collectContext, DEFAULT_LIMITS } from "./collect-context.ts";
import type { ContentHashes } from "./content-cache.ts";
import type { Environment } from "./environment.ts";
import { sealOf, valuesOf } from "./environment.ts";
import { type Fingerprint, fingerprintOf } from "./fingerprint.ts";
import type { Variables } from "./interpolation.ts";
import { type Project, readProject, withoutPlaces } from "./project.ts";
import type { Reference } from "./references.ts";
import { rewritten } from "./rewrite.ts";
import { validateProject } from "./validate.ts";

/** Everything a project needs on another host. Remote paths are relative to one folder there and keep their places to each other. */
export interface Bundle {
  /** Remote relative path → what is to be there. */
  readonly files: ReadonlyMap<string, BundleFile>;
  /** SHA-256 over paths and fingerprints, and over the variables. */
  readonly digest: string;
  /** The local folder that all of it lies in. */
  readonly root: string;
  /** Compose files, env files and the project's folder, relative to `root`. */
  readonly composeFiles: readonly string[];
  readonly envFiles: readonly string[];
  readonly folder: string;
  /** Services that compose will start, as far as can be said without it. */
  readonly services: readonly string[];
  /** The variables that compose files use and that are set, whatever sets them. They may be secrets. */
  readonly variables: Variables;
  /** The names of all variables that compose files use. */
  readonly asked: ReadonlySet<string>;
  /** Values that nothing may show. */
  readonly secrets: readonly string[];
  /** The value of a variable that compose files may refer to by `${NAME}`. */
  readonly lookup: (name: string) => string | undefined;
  /** Of this computer's environment, by name. They may be secrets: saved and shown nowhere. */
  readonly environment: Variables;
}

/** One file, folder or link of a bundle. */
export interface BundleFile {
  readonly carried: Carried;
  /** What is sent instead of a file's own content. */
  readonly content?: string;
  readonly fingerprint: Fingerprint;
}

export interface BundleOptions {
  readonly limits?: Limits;
  /** Default: none is known. */
  readonly environment?: Environment;
  /** The remote folder that `root` becomes, absolute. Default: `/`. */
  readonly place?: string;
  /** What is known of files from an earlier look. Default: all are read. */
  readonly hashes?: ContentHashes | undefined;
}

/** Bundle a compose project: its files, env files, build contexts, bind-mounted files, secrets and configs. */
export async function bundleProject(
  spec: Pick<ComposeSpec, "files" | "envFiles" | "profiles" | "env">,
  { environment = {}, ...options }: BundleOptions = {},
): Promise<Bundle> {
  demandFiles(spec);
  const project = await readProject(spec, environment);
  validateProject(project, spec.files[0]!);
  const values = { ...project.environment, ...valuesOf(project.needed, environment) };
  return bundle(spec, { ...project, environment: values }, project.references, options);
}

function demandFiles({ files }: Pick<ComposeSpec, "files">): void {
  if (files.length > 0) return;
  throw new MachinistError("compose.no-files", "No compose file is named", { hint: "Name one: files: compose.yaml" });
}

async function bundle(
  { files, envFiles = [] }: Pick<ComposeSpec, "files" | "envFiles">,
  project: Project,
  references: readonly Reference[],
  { limits = DEFAULT_LIMITS, place = "", hashes }: BundleOptions,
): Promise<Bundle> {
  const { folder, environment } = project;
  const carried = await collectContext(references, limits);
  // What is named and not here has its place there as well: a way to it must not lead out of the project's own folder.
  const absent = references.filter(({ type, path }) => type !== "context" && !carried.has(path));
  const placed = [...carried.keys(), ...absent.map(({ path }) => path)];
  const root = commonFolder([folder, ...placed.map((path) => dirname(path))]);
  const remote = (path: string) => relative(root, path).split(sep).join("/");
  const contents = rewritten([...references, ...project.directories], (path) => `${place}/${remote(path)}`);
  const named = [...carried.values()]
    .map((each) => [remote(each.path), each] as const)
    .filter(([name]) => name !== "")
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const bundled = new Map<string, BundleFile>();
  for (const [name, each] of named) {
    const content = contents.get(each.path);
    const fingerprint = await fingerprintOf(each, { content, hashes });
    bundled.set(name, { carried: each, fingerprint, ...(content === undefined ? {} : { content }) });
  }
  return {
    files: bundled,
    digest: digestOf(bundled, environment),
    root,
    composeFiles: files.map(remote),
    envFiles: envFiles.map(remote),
    folder: remote(folder) || ".",
    services: project.services,
    variables: project.variables,
    asked: project.asked,
    secrets: [...project.secrets, ...Object.values(withoutPlaces(project.environment))],
    lookup: project.lookup,
    environment,
  };
}

/** The folder that all of these lie in. */
export function commonFolder(folders: readonly string[]): string {
  const [first = "/", ...others] = folders;
  let common = first;
  for (const folder of others)
    while (!`${folder}${sep}`.startsWith(common.endsWith(sep) ? common : `${common}${sep}`)) common = dirname(common);
  return common === "" ? parse(first).root : common;
}

/** The names come sorted. */
function digestOf(files: ReadonlyMap<string, BundleFile>, environment: Variables): string {
  const hash = createHash("sha256");
  for (const [name, { fingerprint }] of files) hash.update(`${JSON.stringify(name)} ${fingerprint}\n`);
  const secret = new Set(Object.keys(withoutPlaces(environment)));
  for (const [name, value] of Object.entries(environment).sort())
    hash.update(`$${name}\0${secret.has(name) ? sealOf(name, value) : value}\n`);
  return hash.digest("hex");
}
