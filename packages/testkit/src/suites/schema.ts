import type { OptionSchema, OptionsSchema } from "@machinist/core";

/** What is wrong with the schema of a driver's options, a sentence each. */
export function schemaFaults(schema: OptionsSchema): string[] {
  const faults: string[] = [];
  const fault = (holds: boolean, sentence: string) => holds || faults.push(sentence);
  fault(schema.type === "object", "the schema's type is object");
  fault(schema.additionalProperties === false, "the schema refuses options it does not know");
  for (const name of schema.required ?? []) {
    fault(name in schema.properties, `${name} is required and has no schema`);
    fault(
      schema.properties[name]?.default === undefined,
      `${name} is required and has a default: one of them is wrong`,
    );
  }
  for (const [name, option] of Object.entries(schema.properties)) {
    fault(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name), `${name} is not in kebab-case, as flags are`);
    fault(option.description.trim().length > 5, `${name} has no description`);
    fault(
      // A number, or one of a few words, holds no secret.
      option.type !== "string" ||
        option.enum !== undefined ||
        !/(^|-)(token|secret|password|passphrase|credential|credentials|api-key|access-key)($|-)/.test(name),
      `${name} looks like a credential: those are not options`,
    );
    fault(option.type !== "array" || option.items !== undefined, `${name} does not say what its items are`);
    const env = option["x-env"];
    fault(env === undefined || /^[A-Z][A-Z0-9_]*$/.test(env), `${name}: x-env is no name of a variable`);
    const wrong = option.default === undefined ? undefined : violation(option, option.default);
    fault(wrong === undefined, `${name}: its own default ${wrong}`);
  }
  return faults;
}

function violation(option: OptionSchema, value: unknown): string | undefined {
  const { type, pattern, minimum, maximum } = option;
  if (type === "array") {
    if (!Array.isArray(value)) return "is no list";
    return value.map((each) => violation({ ...option, ...option.items, type: "string" }, each)).find(Boolean);
  }
  const types: { readonly [type in OptionSchema["type"]]?: boolean } = {
    string: typeof value === "string",
    boolean: typeof value === "boolean",
    number: typeof value === "number",
    integer: Number.isInteger(value),
  };
  if (!types[type]) return `is no ${type}`;
  if (option.enum && !option.enum.includes(String(value))) return "is not among its values";
  if (pattern !== undefined && value !== "" && !new RegExp(pattern).test(String(value)))
    return "does not match its pattern";
  if (typeof value === "number" && minimum !== undefined && value < minimum) return "is below its minimum";
  if (typeof value === "number" && maximum !== undefined && value > maximum) return "is above its maximum";
  return undefined;
}

/** The options given, with the schema's defaults where none was. */
export const withDefaults = <T extends object>(schema: OptionsSchema, given: T): T => ({
  ...Object.fromEntries(
    Object.entries(schema.properties).flatMap(([name, { default: value }]) =>
      value === undefined ? [] : [[name, value]],
    ),
  ),
  ...given,
});
