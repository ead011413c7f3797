import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../setup/clone.mjs";

/**
 * @typedef {object} Schema what the manifest's schema uses of JSON Schema
 * @property {string | string[]} [type]
 * @property {string} [description]
 * @property {unknown} [default]
 * @property {readonly unknown[]} [enum]
 * @property {string} [$ref]
 * @property {string} [x-pattern]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {Record<string, Schema>} [properties]
 * @property {Schema | boolean} [additionalProperties]
 * @property {Schema} [items]
 * @property {readonly Schema[]} [anyOf]
 * @property {readonly Schema[]} [oneOf]
 * @property {readonly string[]} [required]
 * @property {Record<string, Schema>} [definitions]
 */

const file = "packages/manifest/schema/machines.schema.json";

/** The schema as a page: a table for each object, in the order in which they are met. */
export function renderManifest() {
  const schema = /** @type {Schema} */ (JSON.parse(readFileSync(join(root, file), "utf8")));
  const definitions = Object.entries(schema.definitions ?? {}).filter(([, each]) => objectIn(each) !== undefined);
  return [
    "# machines.yaml: every key",
    "",
    "What each key is, from the schema that the program checks with and that editors complete from",
    "([machines.schema.json](../packages/manifest/schema/machines.schema.json)). How they go together:",
    "[machines-yaml.md](machines-yaml.md). A driver's `options` are those of `machinist create -d DRIVER --help`, without the",
    "driver's name before them. Made from the schema by `pnpm run docs`; do not edit.",
    "",
    "## The file",
    "",
    ...objectTable(schema),
    ...definitions.flatMap(([name, each]) => [
      `## ${name}`,
      "",
      ...(each.description === undefined ? [] : [sentence(each.description), ""]),
      ...objectTable(/** @type {Schema} */ (objectIn(each))),
    ]),
  ].join("\n");
}

/**
 * The object among what a value may be.
 * @param {Schema} schema
 * @returns {Schema | undefined}
 */
const objectIn = (schema) =>
  schema.properties === undefined
    ? [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].find(({ properties }) => properties !== undefined)
    : schema;

/**
 * @param {Schema} schema
 * @param {string} [before] the path that leads to it
 * @returns {string[]}
 */
function objectTable(schema, before = "") {
  const required = new Set(schema.required);
  const rows = rowsOf(schema, before, required);
  return ["| Key | Value | Default | |", "|---|---|---|---|", ...rows, ""];
}

/**
 * @param {Schema} schema
 * @param {string} before
 * @param {ReadonlySet<string>} required
 * @returns {string[]}
 */
function rowsOf(schema, before, required) {
  return Object.entries(schema.properties ?? {}).flatMap(([key, each]) => {
    const path = `${before}${key}`;
    const standard = each.default === undefined ? "" : `\`${JSON.stringify(each.default)}\``;
    const about = cell(sentence(each.description ?? ""));
    const row = `| \`${path}\`${required.has(key) ? " (required)" : ""} | ${cell(wordsFor(each))} | ${standard} | ${about} |`;
    const inner = objectIn(each);
    return inner?.properties ? [row, ...rowsOf(inner, `${path}.`, new Set(inner.required))] : [row];
  });
}

/**
 * What a value may be, in words.
 * @param {Schema} schema
 * @returns {string}
 */
function wordsFor(schema) {
  if (schema.$ref) {
    const name = schema.$ref.replace("#/definitions/", "");
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.enum) return schema.enum.map((each) => `\`${String(each)}\``).join(", ");
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return [...new Set(either.map(wordsFor).filter((words) => words !== "nothing"))].join(" or ");
  const types = [schema.type ?? "anything"].flat().filter((type) => type !== "null");
  return types.map((type) => typeWords(type, schema)).join(" or ") || "nothing";
}

/**
 * @param {string} type
 * @param {Schema} schema
 */
function typeWords(type, { items, additionalProperties, minimum, maximum, ...schema }) {
  if (type === "array") return items === undefined ? "a list" : `a list of: ${wordsFor(items)}`;
  if (type === "object") {
    const each = typeof additionalProperties === "object" ? `, each ${wordsFor(additionalProperties)}` : "";
    return each === "" ? "keys and values" : `by name${each}`;
  }
  const range =
    minimum === undefined ? "" : maximum === undefined ? `, ${minimum} at least` : `, ${minimum} to ${maximum}`;
  if (type === "integer" || type === "number") return `a ${type === "integer" ? "whole " : ""}number${range}`;
  if (type === "boolean") return "`true` or `false`";
  return type === "string" ? (schema["x-pattern"] ?? "text") : type;
}

/** @param {string} text */
const sentence = (text) => (text === "" || /[.!?]$/.test(text) ? text : `${text}.`);

/** @param {string} text */
const cell = (text) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " ");
