import type { Limits } from "@machinist/options";

export type TypeName = "object" | "array" | "string" | "integer" | "number" | "boolean" | "null";

/** The part of JSON Schema (draft 7) that the manifest's schema is written in, and that {@link judge} understands. */
export type Schema = Limits & {
  readonly $ref?: `#/definitions/${string}`;
  readonly title?: string;
  readonly description?: string;
  readonly type?: TypeName | readonly TypeName[];
  readonly default?: string | number | boolean;
  readonly properties?: { readonly [key: string]: Schema };
  readonly required?: readonly string[];
  readonly additionalProperties?: false | Schema;
  /** Keys that begin with `x-` are the user's own. */
  readonly patternProperties?: { readonly "^x-": Schema };
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  /** Alternatives that differ in type, so that a value's type tells which was meant. */
  readonly anyOf?: readonly Schema[];
  /** Exactly one of these keys. */
  readonly oneOf?: readonly { readonly required: readonly [string] }[];
};

export type RootSchema = Schema & {
  readonly $schema: string;
  readonly definitions: { readonly [name: string]: Schema };
};
