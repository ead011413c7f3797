/**
 * The facts of an OpenAPI document: names, types, limits, scopes. No sentence of its authors is among them, so a project may
 * keep them where it may not keep the document.
 */

/** @typedef {{ [key: string]: unknown }} Node */
/** @typedef {(value: unknown) => unknown} Rule what is kept of a value; undefined: nothing */

/** @param {unknown} value @returns {value is Node} */
const isNode = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** @type {Rule} */
const same = (value) => value;

/** @param {Rule} rule @returns {Rule} one rule for each element of a list */
const each = (rule) => (value) => (Array.isArray(value) ? value.map(rule) : undefined);

/** @param {Rule} rule @returns {Rule} one rule for each value, whatever its name: names are the document's own */
const named = (rule) => (value) =>
  isNode(value)
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, of]) => [name, rule(of)]),
      )
    : undefined;

/** @param {{ readonly [key: string]: Rule }} rules @returns {Rule} these keys in this order, and no others */
const only = (rules) => (value) =>
  isNode(value)
    ? Object.fromEntries(
        Object.entries(rules).flatMap(([key, rule]) => {
          const kept = key in value ? rule(value[key]) : undefined;
          return kept === undefined ? [] : [[key, kept]];
        }),
      )
    : undefined;

const limits = ["multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength"];
const counts = ["minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"];
const flags = ["nullable", "readOnly", "writeOnly", "deprecated"];

/** @type {Rule} */
const schema = (value) => (isNode(value) ? ofSchema(value) : typeof value === "boolean" ? value : undefined);

const ofSchema = only({
  $ref: same,
  type: same,
  format: same,
  enum: same,
  pattern: same,
  ...Object.fromEntries([...limits, ...counts, ...flags].map((key) => [key, same])),
  default: same,
  required: same,
  discriminator: only({ propertyName: same, mapping: named(same) }),
  properties: named(schema),
  additionalProperties: schema,
  items: schema,
  ...Object.fromEntries(["allOf", "oneOf", "anyOf"].map((key) => [key, each(schema)])),
  not: schema,
});

const header = only({ $ref: same, required: same, schema });
const content = named(only({ schema }));
const parameter = only({ $ref: same, in: same, name: same, required: same, style: same, explode: same, schema });
const requestBody = only({ $ref: same, required: same, content });
const response = only({ $ref: same, headers: named(header), content });
const operation = only({
  operationId: same,
  security: same,
  parameters: each(parameter),
  requestBody,
  responses: named(response),
});

const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
const ofDocument = only({
  openapi: same,
  security: same,
  paths: named(
    only({ parameters: each(parameter), ...Object.fromEntries(methods.map((method) => [method, operation])) }),
  ),
  components: only({
    securitySchemes: named(only({ type: same, scheme: same })),
    parameters: named(parameter),
    headers: named(header),
    schemas: named(schema),
    responses: named(response),
    requestBodies: named(requestBody),
  }),
});

/** @param {unknown} document @returns {Node} */
export const factsOf = (document) => /** @type {Node} */ (ofDocument(document));

const WIDTH = 120;

/**
 * The same JSON for the same facts, and a line for each thing that may change by itself: what fits on a line is one.
 * @param {unknown} value
 * @param {string} indent
 * @param {string} lead what stands before the value on its line
 * @returns {string}
 */
export function jsonOf(value, indent = "", lead = "") {
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const flat = flatJson(value);
  if (`${indent}${lead}${flat},`.length <= WIDTH || typeof value !== "object" || value === null) return flat;
  const deeper = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((part) => jsonOf(part, deeper))
    : Object.entries(value).map(([key, part]) => {
        const name = `${JSON.stringify(key)}: `;
        return name + jsonOf(part, deeper, name);
      });
  return `${open}\n${parts.map((part) => deeper + part).join(",\n")}\n${indent}${close}`;
}

/** @param {unknown} value @returns {string} */
const flatJson = (value) =>
  Array.isArray(value)
    ? `[${value.map(flatJson).join(", ")}]`
    : isNode(value)
      ? `{ ${Object.entries(value)
          .map(([key, part]) => `${JSON.stringify(key)}: ${flatJson(part)}`)
          .join(", ")} }`.replace(/^\{ {2}\}$/, "{}")
      : JSON.stringify(value);
