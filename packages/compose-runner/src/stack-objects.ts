import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { MachinistError } from "@machinist/core";
import { sealOf } from "./environment.ts";
import { isMap, type StackDocument, textOf } from "./stack-document.ts";

/** A config or secret that a stack makes of a file. */
export interface StackObject {
  readonly section: "configs" | "secrets";
  readonly key: string;
  /** As it is written, without its file. */
  readonly entry: { readonly [key: string]: unknown };
  /** Of its own, by which other stacks may know it. */
  readonly name?: string;
  /** The local file. */
  readonly path: string;
  /** `stack.yaml:12`. */
  readonly at: string;
}

/** What must be on the Swarm before the stack is. */
export interface StackExternal {
  readonly type: "network" | "config" | "secret";
  readonly name: string;
  readonly at: string;
}

export interface Declared {
  readonly objects: readonly StackObject[];
  readonly external: readonly StackExternal[];
}

interface Reading {
  readonly documents: readonly StackDocument[];
  readonly base: string;
  readonly put: (text: string) => string;
}

/**
 * What a stack declares beside its services. Of several files the later one's entry stands, whole: docker does not merge
 * them. Throws `stack.environment`.
 */
export function declaredBy({ documents, base, put }: Reading): Declared {
  const objects = new Map<string, StackObject>();
  const external = new Map<string, StackExternal>();
  for (const document of documents)
    for (const section of ["networks", "configs", "secrets"] as const) {
      const entries = document.content[section];
      for (const [key, entry] of Object.entries(isMap(entries) ? entries : {})) {
        const id = `${section} ${key}`;
        objects.delete(id);
        external.delete(id);
        if (!isMap(entry)) continue;
        const at = document.place([section, key]);
        if (entry.environment !== undefined && section !== "networks") throw fromEnvironment(at);
        const outside = externalName(entry, key);
        const type = section === "networks" ? "network" : section === "configs" ? "config" : "secret";
        if (outside !== undefined) external.set(id, { type, name: put(outside), at });
        const file = textOf(entry.file);
        if (section === "networks" || file === undefined) continue;
        const { file: _, ...rest } = entry;
        const name = textOf(entry.name);
        const path = resolve(base, put(file));
        objects.set(id, { section, key, entry: rest, ...(name === undefined ? {} : { name: put(name) }), path, at });
      }
    }
  return { objects: [...objects.values()], external: [...external.values()] };
}

function externalName(entry: { readonly [key: string]: unknown }, key: string): string | undefined {
  if (isMap(entry.external)) return textOf(entry.external.name) ?? key;
  return entry.external === true ? (textOf(entry.name) ?? key) : undefined;
}

const fromEnvironment = (at: string): MachinistError =>
  new MachinistError("stack.environment", `${at}: docker stack makes no secrets and configs from variables`, {
    hint: "Use file:, which Swarm carries to every node",
  });

/** A config or secret as it will be on the Swarm. */
export interface NamedObject extends StackObject {
  readonly name: string;
  /** Its name is the user's own, so it cannot tell its content. */
  readonly fixed: boolean;
  /** Tells whether its content has changed, and of a secret is no help in guessing it. */
  readonly content: string;
  /** SHA-256 of its content, where that is no secret. */
  readonly sha256?: string;
}

/** Docker allows 64 characters. */
const MOST_NAME = 64;
const HASH = 12;

/**
 * Names by content: neither a config nor a secret can ever change, so a changed one is another, which the services are
 * given before the old one goes. `versioned`: whether the files' version knows names.
 */
export function namedObject(
  object: StackObject,
  sha256: string,
  { stack, versioned }: { readonly stack: string; readonly versioned: boolean },
): NamedObject {
  const own = `${stack}_${object.key}`;
  const fixed = object.name !== undefined || !versioned;
  const salt = `${object.section} ${object.name ?? own}`;
  const content = object.section === "secrets" ? sealOf(salt, sha256) : sha256Of(`${salt}\0${sha256}`);
  const name = object.name ?? (versioned ? `${own.slice(0, MOST_NAME - HASH - 1)}-${content.slice(0, HASH)}` : own);
  return { ...object, name, fixed, content, ...(object.section === "configs" ? { sha256 } : {}) };
}

const sha256Of = (text: string): string => createHash("sha256").update(text).digest("hex");

/** On an object whose name cannot tell it. */
export const CONTENT_LABEL = "machinist.content";

/**
 * The last of the stack's files: it gives each object its name and the file's place on the host. Docker takes an entry of
 * a later file whole, so it says again what the entry said.
 */
export function overrideOf(
  objects: readonly NamedObject[],
  { version, placeOf }: { readonly version: unknown; readonly placeOf: (path: string) => string },
): string {
  const section = (which: StackObject["section"]) => {
    const own = objects.filter((object) => object.section === which);
    return own.length === 0
      ? {}
      : { [which]: Object.fromEntries(own.map((object) => [object.key, entryOf(object, placeOf(object.path))])) };
  };
  const stated = version === undefined ? {} : { version };
  // JSON is YAML, and leaves nothing to be quoted.
  return JSON.stringify({ ...stated, ...section("configs"), ...section("secrets") }, null, 2);
}

function entryOf({ entry, name, fixed, content }: NamedObject, file: string): object {
  const own = { ...entry, file: file.replaceAll("$", "$$$$") };
  if (!fixed) return { ...own, name };
  return { ...own, labels: { ...labelsOf(entry.labels), [CONTENT_LABEL]: content } };
}

const labelsOf = (labels: unknown): object => {
  if (isMap(labels)) return labels;
  const lines = Array.isArray(labels) ? labels.map(String) : [];
  return Object.fromEntries(lines.map((line) => [line.replace(/=.*$/s, ""), line.replace(/^[^=]*=?/, "")]));
};
