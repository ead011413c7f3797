import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import type { StackSpec } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { commonFolder } from "./bundle.ts";
import { missing } from "./document.ts";
import type { Environment, NeededVariable } from "./environment.ts";
import { sealOf, valuesOf } from "./environment.ts";
import type { Variables } from "./interpolation.ts";
import { readModel } from "./model.ts";
import { isMap, listOf, readStackFile, type StackDocument, textOf } from "./stack-document.ts";
import { declaredBy, type StackExternal, type StackObject } from "./stack-objects.ts";
import { validateStack } from "./stack-validate.ts";
import { stackVariables } from "./stack-variables.ts";
import { validateProject } from "./validate.ts";

/** Everything that deploying a stack on a manager needs. Remote paths are relative to one folder there. */
export interface StackBundle {
  /** Remote relative path → local path. */
  readonly files: ReadonlyMap<string, string>;
  /** Local path → SHA-256 of what was read. */
  readonly hashes: ReadonlyMap<string, string>;
  readonly digest: string;
  readonly composeFiles: readonly string[];
  /** Env files of services, which docker reads together with the files. */
  readonly envFiles: readonly string[];
  readonly services: readonly string[];
  readonly objects: readonly StackObject[];
  readonly external: readonly StackExternal[];
  /** Variables that the files use. They may be secrets: saved and shown nowhere. */
  readonly environment: Variables;
  readonly unset: readonly NeededVariable[];
  /** The version that the files state; docker wants the same of each. */
  readonly version: unknown;
  /** Of a local file that is carried, below the remote folder. */
  readonly placeOf: (path: string) => string;
}

export interface StackBundleOptions {
  /** Default: none is known. */
  readonly environment?: Environment;
}

/** What Swarm takes for one config, and more than it takes for a secret. Bytes. */
const MOST_BYTES = 1_000 * 1_024;

/**
 * Read a stack's files. Throws what is wrong with them: `compose.*`, `stack.bind` for bind mounts of local files, which
 * would not be on the other nodes, `stack.env`, `stack.variable`, `stack.environment`, `stack.invalid`, `stack.too-large`.
 */
export async function bundleStack(
  { files, envFiles = [], env = [] }: Pick<StackSpec, "files" | "envFiles" | "env">,
  { environment = {} }: StackBundleOptions = {},
): Promise<StackBundle> {
  const [first] = files;
  if (first === undefined) throw new MachinistError("compose.no-files", "No stack file is named");
  const base = dirname(first);
  const documents = await Promise.all(files.map((file) => readStackFile(file)));
  validateStack(documents);
  for (const path of envFiles) await demandFile(path, "env file");
  const given = valuesOf(
    env.map((name) => ({ name, at: "env" })),
    environment,
  );
  const { values, unset, put } = await stackVariables({ documents, envFiles, folder: base, given, environment });
  const services = [
    ...new Set(documents.flatMap(({ content }) => Object.keys(isMap(content.services) ? content.services : {}))),
  ].sort();
  validateProject({ model: await readModel(files, { base, lookup: (name) => values[name] }), services }, first);
  const { objects, external } = declaredBy({ documents, base, put });
  const used = documents.flatMap((document) => envFilesOf(document, base, put));
  const carried = [...new Set([...files, ...used, ...objects.map(({ path }) => path)])].sort();
  for (const { path, at } of objects) await demandFile(path, at, MOST_BYTES);
  const hashes = new Map<string, string>();
  for (const path of carried)
    hashes.set(
      path,
      createHash("sha256")
        .update(await readFile(path))
        .digest("hex"),
    );
  const root = commonFolder([base, ...carried.map((path) => dirname(path))]);
  const placeOf = (path: string) => relative(root, path).split(sep).join("/");
  return {
    ...{ files: new Map(carried.map((path) => [placeOf(path), path])), hashes, placeOf },
    ...{ composeFiles: files.map(placeOf), envFiles: used.map(placeOf), services },
    digest: digestOf({ carried, hashes, placeOf, objects, values }),
    ...{ objects, external, environment: values, unset, version: documents[0]?.content.version },
  };
}

async function demandFile(path: string, at: string, most?: number): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw missing(path, at);
  if (most !== undefined && found.size > most)
    throw new MachinistError("stack.too-large", `${at}: ${path} has ${found.size} bytes, and Swarm takes ${most}`, {
      hint: "Put it into the image, or into a volume.",
    });
}

function envFilesOf(document: StackDocument, base: string, put: (text: string) => string): string[] {
  const { services } = document.content;
  return Object.entries(isMap(services) ? services : {}).flatMap(([name, service]) => {
    if (!isMap(service)) return [];
    for (const [index, volume] of listOf(service.volumes).entries()) {
      const source = bindSource(volume, put);
      if (source !== undefined)
        throw notThere(document.place(["services", name, "volumes", index]), resolve(base, source));
    }
    return listOf(service.env_file).map((entry, index) => {
      const at = document.place(["services", name, "env_file", index]);
      const file = put(textOf(entry) ?? "");
      if (isAbsolute(file) || file.startsWith("~")) throw ofThisComputer(at, file);
      return resolve(base, file);
    });
  });
}

/** A relative path; absolute ones and `~` mean the nodes' own files. */
function bindSource(volume: unknown, put: (text: string) => string): string | undefined {
  if (isMap(volume)) {
    const source = volume.type === "bind" ? put(textOf(volume.source) ?? "") : "";
    return source === "" || isAbsolute(source) || source.startsWith("~") ? undefined : source;
  }
  const [source = "", target] = put(textOf(volume) ?? "").split(":");
  return target !== undefined && source.startsWith(".") ? source : undefined;
}

const notThere = (at: string, path: string): MachinistError =>
  new MachinistError("stack.bind", `${at}: ${path} would not be there on the other nodes of the Swarm`, {
    hint: "Use configs: or secrets: with file:, which Swarm carries to every node.",
  });

const ofThisComputer = (at: string, file: string): MachinistError =>
  new MachinistError(
    "stack.env-file",
    `${at}: ${file} is a place on this computer, and docker reads it on the manager`,
    {
      hint: "Write its path relative to the stack's first file.",
    },
  );

interface Digested {
  readonly carried: readonly string[];
  readonly hashes: ReadonlyMap<string, string>;
  readonly placeOf: (path: string) => string;
  readonly objects: readonly StackObject[];
  readonly values: Variables;
}

/** Digests are saved, so what may be a secret goes in sealed. */
function digestOf({ carried, hashes, placeOf, objects, values }: Digested): string {
  const secrets = new Set(objects.filter(({ section }) => section === "secrets").map(({ path }) => path));
  const line = (path: string) => `${placeOf(path)}\0${hashes.get(path)}\n`;
  const open = carried.filter((path) => !secrets.has(path)).map(line);
  const sealed = JSON.stringify([Object.entries(values).sort(), [...secrets].sort().map(line)]);
  return createHash("sha256")
    .update(`${open.join("")}${sealOf("stack", sealed)}`)
    .digest("hex");
}
