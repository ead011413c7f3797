import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { manifestSchema } from "../src/index.ts";
import type { Schema } from "../src/schema-type.ts";

const published = new URL("../schema/machines.schema.json", import.meta.url);

describe("the published schema", () => {
  it("is in step with the one that is used (else: `pnpm --filter @machinist/manifest... build`, then `pnpm schema` here)", () => {
    expect(JSON.parse(readFileSync(published, "utf8"))).toEqual(JSON.parse(JSON.stringify(manifestSchema)));
  });

  it("describes every key, so that editors can", () => {
    const bare: string[] = [];
    const look = (schema: Schema, path: string): void => {
      for (const [key, child] of Object.entries(schema.properties ?? {})) {
        const target = child.$ref ? manifestSchema.definitions[child.$ref.slice("#/definitions/".length)] : child;
        if (target?.description === undefined && child.description === undefined) bare.push(`${path}.${key}`);
      }
    };
    look(manifestSchema, "");
    for (const [name, schema] of Object.entries(manifestSchema.definitions)) look(schema, name);
    expect(bare).toEqual([]);
  });
});

it("loads the readers of YAML and TOML only when there is a file to read", () => {
  const folder = new URL("../src/", import.meta.url);
  const eager = readdirSync(folder).filter((file) =>
    /^import (?!type )[^;]*from "(yaml|smol-toml)"/m.test(readFileSync(new URL(file, folder), "utf8")),
  );
  expect(eager).toEqual([]);
});
