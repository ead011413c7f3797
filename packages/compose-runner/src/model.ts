import { dirname, join, resolve } from "node:path";
import { MachinistError } from "@machinist/core";
import { readComposeFile } from "./document.ts";
import { interpolateAll, interpolated, readEnvFiles } from "./interpolation.ts";
import { merge } from "./merge.ts";
import { entriesOf, entry, itemsOf, type Origin, placeOf, type Scope, type Tree } from "./tree.ts";

/** A file that compose itself reads, and where it is named. */
export interface NamedFile {
  readonly path: string;
  readonly optional: boolean;
  readonly at: string;
  /** The value that names it; undefined where nothing does. */
  readonly named?: Tree;
}

/** Compose files put together, with all that they include and extend. */
export interface Model {
  readonly tree: Tree | undefined;
  /** All compose files and the env files of what is included. */
  readonly files: readonly NamedFile[];
  /** Values that name folders in which what is included lies: relative paths start there. */
  readonly directories: readonly Tree[];
}

/** Throws `compose.*` for what cannot be read. */
export async function readModel(files: readonly string[], scope: Scope): Promise<Model> {
  const reader = new Reader();
  const tree = await reader.project(
    files.map((path) => ({ path })),
    scope,
  );
  return { tree, files: reader.files, directories: reader.directories };
}

interface Named {
  readonly path: string;
  readonly named?: Tree;
}

const MOST_FILES = 1_000;

class Reader {
  readonly files: NamedFile[] = [];
  readonly directories: Tree[] = [];
  /** Files that are extended, often by many services. */
  readonly #places = new Map<string, { readonly lookup: Scope["lookup"]; readonly place: Promise<Tree | undefined> }>();
  #read = 0;

  async project(named: readonly Named[], scope: Scope, above: readonly string[] = []): Promise<Tree | undefined> {
    let whole: Tree | undefined;
    for (const each of named) {
      for (const document of await this.#documents(each, scope)) {
        const extended = await this.#extended(document);
        const included = await this.#included(document, [...above, each.path]);
        whole = merge(whole, extended);
        for (const other of included) if (whole) whole = merge(other, whole) ?? whole;
      }
    }
    return whole;
  }

  async #documents({ path, named }: Named, scope: Scope): Promise<Tree[]> {
    if (++this.#read > MOST_FILES)
      throw new MachinistError("compose.too-large", `The compose files include more than ${MOST_FILES} others`, {
        hint: "Look whether one includes or extends itself",
      });
    const at = named === undefined ? undefined : placeOf(named);
    const documents = await readComposeFile(path, scope, at);
    for (const document of documents) interpolateAll(document);
    this.files.push({ path, optional: false, at: at ?? "compose file", ...(named && { named }) });
    return documents;
  }

  /** The services of one document, each with what it extends below it. */
  async #extended(document: Tree): Promise<Tree> {
    const services = entry(document, "services");
    if (document.type !== "map" || services?.type !== "map") return document;
    const entries = new Map<string, Tree>();
    for (const name of services.entries.keys()) entries.set(name, await this.#service(document, name, []));
    return { ...document, entries: new Map(document.entries).set("services", { ...services, entries }) };
  }

  async #service(document: Tree, name: string, above: readonly string[]): Promise<Tree> {
    const service = entry(entry(document, "services"), name)!;
    const extended = entry(service, "extends");
    if (extended === undefined || service.type !== "map") return service;
    const named = extended.type === "leaf" ? extended : entry(extended, "service");
    if (named === undefined) return service;
    const other = interpolated(named);
    const file = entry(extended, "file");
    const { place, where } = await this.#extendedPlace(document, file);
    const key = `${where}#${other}`;
    const chain = [...above, `${document.origin.file.path}#${name}`];
    if (chain.includes(key)) throw invalid(extended, `the service ${name} extends itself`);
    if (place !== undefined && entry(entry(place, "services"), other) === undefined)
      throw invalid(extended, `there is no service ${other} to extend in ${where}`);
    if (place === undefined) return service;
    const base = await this.#service(place, other, chain);
    const own = { ...service, entries: new Map([...service.entries].filter(([each]) => each !== "extends")) };
    return merge(base, own, ["services", name]) ?? own;
  }

  async #extendedPlace(document: Tree, file: Tree | undefined): Promise<{ place: Tree | undefined; where: string }> {
    const own = document.origin.file.path;
    if (file === undefined) return { place: document, where: own };
    const { lookup } = file.origin.scope;
    const path = fileNamed(file);
    if (path === own) return { place: document, where: own };
    const known = this.#places.get(path);
    if (known?.lookup === lookup) return { place: await known.place, where: path };
    const place = this.#whole({ path, named: file }, { base: dirname(path), lookup });
    this.#places.set(path, { lookup, place });
    return { place: await place, where: path };
  }

  async #whole(named: Named, scope: Scope): Promise<Tree | undefined> {
    let whole: Tree | undefined;
    for (const each of await this.#documents(named, scope)) whole = merge(whole, each);
    return whole;
  }

  async #included(document: Tree, above: readonly string[]): Promise<Tree[]> {
    const found: Tree[] = [];
    for (const include of itemsOf(entry(document, "include"))) {
      const named = itemsOf(include.type === "map" ? entry(include, "path") : include).filter(
        (each) => !isRemote(each),
      );
      const paths = named.map(fileNamed);
      const [first] = paths;
      if (first === undefined) continue;
      if (above.includes(first)) throw invalid(include, `${first} includes itself`);
      const project = entry(include, "project_directory");
      if (project !== undefined) this.directories.push(project);
      const base = project === undefined ? dirname(first) : fileNamed(project);
      const scope = { base, lookup: await this.#includedLookup(include, base) };
      const tree = await this.project(
        paths.map((path, index) => ({ path, named: named[index]! })),
        scope,
        above,
      );
      if (tree !== undefined) found.push(tree);
    }
    return found;
  }

  /** What is included has variables of its own, over which those of the whole project go. */
  async #includedLookup(include: Tree, base: string): Promise<Scope["lookup"]> {
    const named = itemsOf(entry(include, "env_file"));
    const { lookup: outer } = include.origin.scope;
    const own = { path: join(base, ".env"), optional: true, at: placeOf(include) };
    const files: NamedFile[] =
      named.length === 0
        ? [own]
        : named.map((each) => ({ path: fileNamed(each), optional: false, at: placeOf(each), named: each }));
    this.files.push(...files);
    const inner = await readEnvFiles(
      files.map(({ path }) => path),
      outer,
    );
    return (name) => outer(name) ?? inner.lookup(name);
  }
}

/** The local path that a value names. In most places `~` is HOME; compose files themselves are named without it. */
export function localPath(tree: Tree, tilde = true): string {
  const { base, lookup } = tree.origin.scope;
  const path = interpolated(tree);
  return resolve(base, tilde && /^~(?=\/|$)/.test(path) ? `${lookup("HOME") ?? "~"}${path.slice(1)}` : path);
}

const fileNamed = (tree: Tree): string => localPath(tree, false);

/** Compose fetches these itself. */
const isRemote = (tree: Tree): boolean => /^(?:[a-z][a-z0-9+.-]*:|git@|github\.com\/)/i.test(interpolated(tree));

export const services = (model: Model): [string, Tree][] => entriesOf(entry(model.tree, "services"));

export const invalid = (at: { readonly origin: Origin }, what: string): MachinistError =>
  new MachinistError("compose.invalid", `${at.origin.file.place(at.origin.start)}: ${what}`, {
    hint: `See what compose itself says: docker compose -f ${at.origin.file.path} config`,
  });
