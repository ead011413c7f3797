import { coerce, didYouMean, either, limitBroken, shown } from "@machinist/options";
import type { ProblemCode, Problems } from "./problem.ts";
import type { RootSchema, Schema, TypeName } from "./schema-type.ts";
import type { SourceLocation } from "./source-location.ts";
import type { Leaf, List, Mapping, Tree } from "./tree.ts";

const typeWords: { readonly [type in TypeName]: string } = {
  object: "a map",
  array: "a list",
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  null: "nothing",
};

/**
 * Compare a tree with a JSON Schema, and add what does not fit, with its place and in words that name the key. A walker of
 * our own because a general validator knows neither places nor which alternative was meant, and because text that came
 * from a variable is read here as the number or truth value the schema wants.
 */
export function validate(tree: Tree, schema: RootSchema, problems: Problems): void {
  new Judge(schema, problems).tree(tree, schema, "");
}

class Judge {
  readonly #root: RootSchema;
  readonly #problems: Problems;

  constructor(root: RootSchema, problems: Problems) {
    this.#root = root;
    this.#problems = problems;
  }

  /** `path` is how the value is called in sentences: `machines.worker.count`; empty for the manifest itself. */
  tree(tree: Tree, wanted: Schema, path: string): void {
    const schema = this.#chosen(tree, this.#followed(wanted));
    if (schema === undefined) this.#wrongType(tree, this.#followed(wanted), path);
    else if (tree.kind === "map") this.#map(tree, schema, path);
    else if (tree.kind === "list") this.#list(tree, schema, path);
    else this.#leaf(tree, schema, path);
  }

  #followed(schema: Schema): Schema {
    return schema.$ref === undefined ? schema : this.#root.definitions[schema.$ref.slice("#/definitions/".length)]!;
  }

  /** The schema, or the one of its alternatives, that takes values of this type. */
  #chosen(tree: Tree, schema: Schema): Schema | undefined {
    if (schema.anyOf === undefined) return takes(schema, tree) ? schema : undefined;
    return schema.anyOf
      .map((alternative) => this.#followed(alternative))
      .find((alternative) => takes(alternative, tree));
  }

  #wrongType(tree: Tree, schema: Schema, path: string): void {
    const alternatives = (schema.anyOf ?? [schema]).map((alternative) => this.#followed(alternative));
    const types = new Set(alternatives.flatMap((alternative) => typesOf(alternative)));
    types.delete("null");
    const value = tree.kind === "leaf" ? told(tree, schema) : "";
    const found =
      tree.kind === "map" ? "a map" : tree.kind === "list" ? "a list" : value === "null" ? "nothing" : value;
    const subject = path === "" ? "A manifest" : path;
    const quote = types.has("string") && tree.kind === "leaf" && tree.value !== null ? " (put it in quotes)" : "";
    const sentence = `${subject} must be ${either([...types].map((type) => typeWords[type]))}, not ${found}${quote}`;
    this.#add("manifest.invalid", sentence, tree.place);
  }

  #map(map: Mapping, schema: Schema, path: string): void {
    const { properties = {}, patternProperties: own, additionalProperties: rest } = schema;
    for (const [key, entry] of map.entries) {
      const child = path === "" ? shortKey(key) : `${path}.${shortKey(key)}`;
      const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
      if (known !== undefined) this.tree(entry.value, known, child);
      else if (own !== undefined && key.startsWith("x-")) this.#anything(entry.value, child);
      else if (rest === false) this.#unknownKey(key, Object.keys(properties), path, entry.key);
      else if (rest === undefined) this.#anything(entry.value, child);
      else if (this.#named(key, entry.key, schema, path)) this.tree(entry.value, rest, child);
    }
    for (const key of schema.required ?? []) if (!map.entries.has(key)) this.#missing(key, path, map.place);
    if (schema.oneOf !== undefined)
      this.#exactlyOne(
        map,
        schema.oneOf.map(({ required }) => required[0]),
        path,
      );
  }

  /** What is not ours to judge must at least be sayable in JSON. */
  #anything(tree: Tree, path: string): void {
    if (tree.kind === "map")
      for (const [key, { value }] of tree.entries) this.#anything(value, `${path}.${shortKey(key)}`);
    else if (tree.kind === "list") for (const item of tree.items) this.#anything(item, path);
    else if (typeof tree.value === "number" && !Number.isFinite(tree.value))
      this.#add("manifest.invalid", `${path} must be a finite number, not ${tree.text}`, tree.place);
  }

  #named(key: string, place: SourceLocation, { propertyNames }: Schema, path: string): boolean {
    const broken = propertyNames && limitBroken(propertyNames, key);
    if (broken === undefined) return true;
    this.#add("manifest.invalid", `A name in ${path} must ${broken}, not ${shown(key)}`, place);
    return false;
  }

  #unknownKey(key: string, known: readonly string[], path: string, place: SourceLocation): void {
    const subject = path === "" ? "A manifest" : path;
    const guess = didYouMean(key, known) || `; it can have ${known.join(", ")}`;
    this.#add("manifest.unknown-key", `${subject} has no key ${shown(key)}${guess}`, place);
  }

  #missing(key: string, path: string, place: SourceLocation): void {
    this.#add("manifest.missing-key", `${path === "" ? "A manifest" : path} needs the key "${key}"`, place);
  }

  #exactlyOne(map: Mapping, keys: readonly string[], path: string): void {
    const count = keys.filter((key) => map.entries.has(key)).length;
    const names = either(keys.map((key) => `"${key}"`));
    if (count === 0) this.#add("manifest.missing-key", `${path} needs the key ${names}`, map.place);
    if (count > 1) this.#add("manifest.invalid", `${path} takes ${names}, not both`, map.place);
  }

  #list(list: List, schema: Schema, path: string): void {
    if (list.items.length < (schema.minItems ?? 0))
      this.#add("manifest.invalid", `${path} must not be an empty list`, list.place);
    if (schema.items === undefined) return;
    for (const [index, item] of list.items.entries()) this.tree(item, schema.items, `${path}[${index}]`);
  }

  #leaf(leaf: Leaf, schema: Schema, path: string): void {
    const types = typesOf(schema);
    const asText = types.includes("string") && typeof leaf.value === "number";
    const broken = limitBroken(schema, asText ? leaf.text : leaf.value);
    if (broken === undefined) return;
    const value = told(leaf, schema);
    const guess = typeof leaf.value === "string" && schema.enum ? didYouMean(leaf.value, schema.enum) : "";
    this.#add("manifest.invalid", `${path} must ${broken}, not ${value}${guess}`, leaf.place);
  }

  #add(code: ProblemCode, sentence: string, place: SourceLocation): void {
    this.#problems.add({ code, sentence, place });
  }
}

/** A value as a message may have it. Text is named where it is one of few words; any other may be a secret. */
function told(leaf: Leaf, schema: Schema): string {
  if (leaf.fromVariables) return "the value of the variable there";
  return typeof leaf.value === "string" && schema.enum === undefined ? "this text" : shown(leaf.value);
}

const shortKey = (key: string): string => (key.length > 60 ? `${key.slice(0, 57)}…` : key);

const typesOf = ({ type }: Schema): readonly TypeName[] => (type === undefined ? [] : [type].flat());

/** Whether a schema takes values of the tree's type; text from variables is turned into what it takes. */
function takes(schema: Schema, tree: Tree): boolean {
  const types = typesOf(schema);
  if (types.length === 0) return true;
  if (tree.kind !== "leaf") return types.includes(tree.kind === "map" ? "object" : "array");
  if (tree.fromVariables && !types.includes("string"))
    for (const type of ["integer", "number", "boolean"] as const)
      if (types.includes(type)) tree.value = coerce(type, tree.value) as Leaf["value"];
  return types.some((type) => leafIs(type, tree.value));
}

function leafIs(type: TypeName, value: Leaf["value"]): boolean {
  if (type === "null") return value === null;
  if (type === "integer") return Number.isSafeInteger(value);
  if (type === "number") return typeof value === "number" && Number.isFinite(value);
  return value !== null && typeof value === type;
}
