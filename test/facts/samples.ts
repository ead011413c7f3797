type Schema = { readonly [key: string]: unknown };

/** What a string of a format may be. */
const formats: Readonly<Record<string, string>> = {
  "date-time": "2026-11-22T10:00:00Z",
  uuid: "5a4981aa-9653-4bd1-bef5-d6bff52042e4",
  ipv4: "192.0.2.7",
  ipv6: "2001:db8::1",
  uri: "https://example.com/",
  email: "a@example.com",
};

/** A value that keeps to a schema of `document`, with everything in it that the schema names. */
export function sample(document: object, schema: Schema): unknown {
  if (typeof schema.$ref === "string") return sample(document, at(document, schema.$ref));
  const branches = (schema.allOf ?? []) as Schema[];
  const [choice] = (schema.oneOf ?? schema.anyOf ?? []) as Schema[];
  const parts = [...branches, ...(choice ? [choice] : [])].map((each) => sample(document, each));
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (schema.type === "object" || schema.properties) {
    const own = Object.entries((schema.properties ?? {}) as Record<string, Schema>).map(([name, of]) => [
      name,
      sample(document, of),
    ]);
    return Object.assign({}, ...parts, Object.fromEntries(own));
  }
  if (parts.length > 0) return parts.every(isObject) ? Object.assign({}, ...parts) : parts[0];
  if (schema.type === "array") return [sample(document, (schema.items ?? {}) as Schema)];
  if (schema.type === "integer" || schema.type === "number") return schema.minimum ?? 1;
  if (schema.type === "boolean") return true;
  return formats[String(schema.format)] ?? "a-1";
}

function at(document: object, reference: string): Schema {
  const steps = reference.slice(2).split("/");
  return steps.reduce<unknown>(
    (node, step) => (node as Schema)[step.replaceAll("~1", "/").replaceAll("~0", "~")],
    document,
  ) as Schema;
}

const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const wrong = [null, {}, [], "", "no such word", "x".repeat(300), -1, 0.5, 1e9, false];

/** The value with one thing wrong, or only different, in it: at each place something else, nothing, or something more. */
export function* mutants(value: unknown): Generator<unknown> {
  for (const each of wrong) yield each;
  if (Array.isArray(value)) {
    yield Array.from({ length: 120 }, () => value[0]);
    for (const inner of mutants(value[0])) yield [inner];
  }
  if (!isObject(value)) return;
  yield { ...value, stray: 1 };
  for (const [name, of] of Object.entries(value)) {
    const { [name]: _gone, ...rest } = value;
    yield rest;
    for (const inner of mutants(of)) yield { ...rest, [name]: inner };
  }
}
