import { dirname, join, resolve } from "node:path";
import { MachinistError } from "@machinist/core";
import type { ComposeDocument } from "./document.ts";
import { isMap, listOf, readComposeFile, readEnvText, textOf } from "./document.ts";
import type { NeededVariable } from "./environment.ts";
import { judge } from "./judge.ts";
import type { Reference } from "./references.ts";
import { neededVariables, serviceReferences, topLevelReferences } from "./references.ts";
import type { Variables } from "./variables.ts";
import { interpolate, parseEnvFile } from "./variables.ts";

/** What compose files say, as far as carrying and watching them needs. */
export interface Collected {
  readonly references: readonly Reference[];
  /** Services that will run, sorted. */
  readonly services: readonly string[];
  /** Variables that secrets and configs are made from. */
  readonly needed: readonly NeededVariable[];
}

export interface CollectOptions {
  readonly files: readonly string[];
  readonly profiles: readonly string[];
  readonly variables: Variables;
}

/** Read compose files and all they include and extend. */
export async function collect({ files, profiles, variables }: CollectOptions): Promise<Collected> {
  const walk = new Walk(profiles);
  const base = dirname(files[0] ?? ".");
  const documents = await Promise.all(files.map((file) => readComposeFile(file)));
  await walk.project(documents, base, variables);
  return { references: walk.references, services: [...walk.running].sort(), needed: walk.needed };
}

class Walk {
  readonly references: Reference[] = [];
  readonly needed: NeededVariable[] = [];
  readonly running = new Set<string>();
  readonly #profiles: readonly string[];
  readonly #visited = new Set<string>();

  constructor(profiles: readonly string[]) {
    this.#profiles = profiles;
  }

  /** Compose files that are merged, and what they include. */
  async project(documents: readonly ComposeDocument[], base: string, variables: Variables): Promise<void> {
    judge(documents);
    const merged = mergedServices(documents);
    for (const [name, service] of merged) if (this.#runs(service)) this.running.add(name);
    for (const document of documents) {
      this.references.push({ path: document.path, type: "file", optional: false, at: document.place([]) });
      const services = document.content.services;
      for (const [name, service] of Object.entries(isMap(services) ? services : {})) {
        this.references.push(
          ...serviceReferences({ document, base, variables }, name, service, this.running.has(name)),
        );
        await this.#extended(document, base, variables, name, service);
      }
      this.references.push(...topLevelReferences({ document, base, variables }));
      this.needed.push(...neededVariables(document));
      await this.#included(document, base, variables);
    }
  }

  #runs(service: { readonly [key: string]: unknown }): boolean {
    const deploy = service.deploy;
    if (service.scale === 0 || (isMap(deploy) && deploy.replicas === 0)) return false;
    const wanted = listOf(service.profiles).map(String);
    return (
      wanted.length === 0 || this.#profiles.includes("*") || wanted.some((profile) => this.#profiles.includes(profile))
    );
  }

  async #extended(
    document: ComposeDocument,
    base: string,
    variables: Variables,
    name: string,
    service: unknown,
  ): Promise<void> {
    const extended = isMap(service) && isMap(service.extends) ? service.extends : undefined;
    const file = textOf(extended?.file);
    const other = textOf(extended?.service);
    if (file === undefined || other === undefined) return;
    const path = resolve(base, interpolate(file, variables));
    const at = document.place(["services", name, "extends"]);
    if (!this.#first(`${path}#${other}`)) return;
    const parent = await readComposeFile(path, at);
    this.references.push({ path, type: "file", optional: false, at });
    const services = parent.content.services;
    const extendedService = isMap(services) ? services[other] : undefined;
    const place = { document: parent, base: dirname(path), variables };
    this.references.push(...serviceReferences(place, other, extendedService, this.running.has(name)));
    await this.#extended(parent, dirname(path), variables, other, extendedService);
  }

  async #included(document: ComposeDocument, base: string, variables: Variables): Promise<void> {
    for (const [index, entry] of listOf(document.content.include).entries()) {
      const at = document.place(["include", index]);
      const settings = isMap(entry) ? entry : { path: entry };
      const local = (value: unknown) => resolve(base, interpolate(String(value), variables));
      const paths = listOf(settings.path).map(local);
      const [first] = paths;
      if (first === undefined || !this.#first(paths.join("\0"))) continue;
      const folder =
        textOf(settings.project_directory) === undefined ? dirname(first) : local(settings.project_directory);
      const envFiles = listOf(settings.env_file).map(local);
      for (const path of envFiles) this.references.push({ path, type: "file", optional: false, at });
      if (envFiles.length === 0) this.references.push({ path: join(folder, ".env"), type: "file", optional: true, at });
      const own = await readVariables(envFiles.length === 0 ? [join(folder, ".env")] : envFiles);
      const documents = await Promise.all(paths.map((path) => readComposeFile(path, at)));
      await this.project(documents, folder, { ...own, ...variables });
    }
  }

  #first(key: string): boolean {
    if (this.#visited.has(key)) return false;
    if (this.#visited.size > 1_000)
      throw new MachinistError("compose.too-large", "The compose files include more than 1000 others");
    this.#visited.add(key);
    return true;
  }
}

function mergedServices(documents: readonly ComposeDocument[]): Map<string, { readonly [key: string]: unknown }> {
  const merged = new Map<string, { readonly [key: string]: unknown }>();
  for (const { content } of documents) {
    const services = content.services;
    for (const [name, service] of Object.entries(isMap(services) ? services : {}))
      merged.set(name, { ...merged.get(name), ...(isMap(service) ? service : {}) });
  }
  return merged;
}

/** Variables of env files, later files first; one that is not there has none (its reference says whether that is wrong). */
export async function readVariables(files: readonly string[]): Promise<Variables> {
  const texts = await Promise.all(files.map(readEnvText));
  return Object.assign({}, ...texts.map(parseEnvFile)) as Variables;
}
