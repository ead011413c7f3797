import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { digitalOceanFacts, Judge, type OpenApi } from "@machinist/lab";
import { describe, expect, test } from "vitest";
import { factsOf, jsonOf } from "../scripts/facts/openapi.mjs";
import { verdicts } from "./facts/strictness.ts";
import { wordy } from "./facts/wordy.ts";
import { readText, root } from "./repository/packages.ts";

const file = "packages/lab/fixtures/digitalocean-facts.json";
const { source, ...facts } = digitalOceanFacts();

/** DigitalOcean's own document, where somebody has it: it is prose for the most part, and not ours to carry along. */
const documentPath =
  process.env.MACHINIST_DIGITALOCEAN_DOCUMENT ?? join(root, "../shared/fixtures/digitalocean/openapi.json");
const noDocument = "not applicable: DigitalOcean's document is not at hand ($MACHINIST_DIGITALOCEAN_DOCUMENT)";

/** All that two judges are asked, and whether they say the same. */
function compare(document: OpenApi, made: OpenApi) {
  const ours = new Judge(made);
  const theirs = [...verdicts(document, new Judge(document))];
  const differing = [...verdicts(document, ours)].flatMap(({ what, faults }, index) => {
    const expected = [...theirs[index]!.faults].sort();
    return JSON.stringify([...faults].sort()) === JSON.stringify(expected) ? [] : [{ what, faults, expected }];
  });
  return { differing, asked: theirs.length, refused: theirs.filter(({ faults }) => faults.length > 0).length };
}

describe("the facts of DigitalOcean's document", { timeout: 120_000 }, () => {
  test("are names, types and limits, and not one sentence", () => {
    expect(factsOf(facts)).toEqual(facts);
    expect(Object.keys(digitalOceanFacts())[0]).toBe("source");
    expect(source).toMatch(/^DigitalOcean's public OpenAPI specification, version \S+, read \d{4}-\d\d-\d\d$/);
    const strings: string[] = [];
    JSON.stringify(facts, (_key, value) => (typeof value === "string" ? strings.push(value) && value : value));
    expect(strings.length).toBeGreaterThan(1000);
    // Names of distributions have two words; a sentence has more.
    expect(strings.filter((text) => text.split(/\s+/).length > 2)).toEqual([]);
  });

  test("are written the same way each time", () => {
    expect(readText(file)).toBe(`${jsonOf({ source, ...facts })}\n`);
  });

  test("say of all that can be sent and answered what is wrong with it", () => {
    const asked = [...verdicts(facts, new Judge(facts as OpenApi))];
    const refused = asked.filter(({ faults }) => faults.length > 0);
    expect({
      asked: asked.length,
      refused: refused.length,
      faults: new Set(refused.flatMap((each) => each.faults)).size,
    }).toMatchInlineSnapshot(`
      {
        "asked": 11548,
        "faults": 1996,
        "refused": 9668,
      }
    `);
  });

  test("are those of the document, and as strict", (context) => {
    context.skip(!existsSync(documentPath), noDocument);
    const document = JSON.parse(readFileSync(documentPath, "utf8"));
    expect(factsOf(document)).toEqual(facts);
    const { differing, asked } = compare(document, facts);
    expect(asked).toBeGreaterThan(5000);
    expect(differing).toEqual([]);
  });
});

describe("facts of an OpenAPI document", () => {
  test("leave out every sentence, and keep what is only named like one", () => {
    expect(JSON.stringify(wordy)).toContain("PROSE");
    const made = factsOf(wordy);
    expect(JSON.stringify(made)).not.toContain("PROSE");
    expect(made).toMatchInlineSnapshot(`
      {
        "components": {
          "headers": {
            "left": {
              "schema": {
                "type": "integer",
              },
            },
          },
          "responses": {
            "made": {
              "content": {
                "application/json": {
                  "schema": {
                    "items": {
                      "$ref": "#/components/schemas/thing",
                    },
                    "type": "array",
                  },
                },
              },
              "headers": {
                "left": {
                  "$ref": "#/components/headers/left",
                },
              },
            },
          },
          "schemas": {
            "thing": {
              "additionalProperties": {
                "type": "boolean",
              },
              "properties": {
                "description": {
                  "default": "none",
                  "nullable": true,
                  "type": "string",
                },
                "example": {
                  "items": {
                    "type": "number",
                  },
                  "maxItems": 3,
                  "type": "array",
                  "uniqueItems": true,
                },
                "externalDocs": {
                  "oneOf": [
                    {
                      "format": "uuid",
                      "type": "string",
                    },
                    {
                      "type": "integer",
                    },
                  ],
                },
                "title": {
                  "maxLength": 8,
                  "pattern": "^[a-z0-9-]+$",
                  "type": "string",
                },
              },
              "required": [
                "title",
              ],
              "type": "object",
            },
          },
          "securitySchemes": {
            "bearer_auth": {
              "scheme": "bearer",
              "type": "http",
            },
          },
        },
        "openapi": "3.0.0",
        "paths": {
          "/things": {
            "post": {
              "operationId": "things_create",
              "requestBody": {
                "content": {
                  "application/json": {
                    "schema": {
                      "$ref": "#/components/schemas/thing",
                    },
                  },
                },
                "required": true,
              },
              "responses": {
                "201": {
                  "$ref": "#/components/responses/made",
                },
                "default": {},
              },
              "security": [
                {
                  "bearer_auth": [
                    "thing:create",
                  ],
                },
              ],
            },
          },
          "/things/{id}": {
            "get": {
              "operationId": "things_get",
              "parameters": [
                {
                  "in": "path",
                  "name": "id",
                  "required": true,
                  "schema": {
                    "minimum": 1,
                    "type": "integer",
                  },
                },
                {
                  "in": "query",
                  "name": "summary",
                  "schema": {
                    "enum": [
                      "a",
                      "true",
                    ],
                    "type": "string",
                  },
                },
              ],
              "responses": {
                "200": {
                  "$ref": "#/components/responses/made",
                },
              },
            },
          },
        },
      }
    `);
  });

  test("judge as the document does", () => {
    const { differing, asked, refused } = compare(wordy, factsOf(wordy) as unknown as OpenApi);
    expect(differing).toEqual([]);
    expect({ asked, refused }).toMatchInlineSnapshot(`
      {
        "asked": 170,
        "refused": 135,
      }
    `);
  });

  test("that lack one limit judge otherwise: the comparison sees it", () => {
    const lax = JSON.parse(JSON.stringify(factsOf(wordy)).replace(',"maxLength":8', ""));
    const { differing } = compare(wordy, lax);
    expect(differing).not.toEqual([]);
    expect(differing[0]?.expected).toContain("/title must NOT have more than 8 characters");
  });

  test("are one line each where they fit on one", () => {
    const long = "x".repeat(70);
    expect(jsonOf({ a: {}, b: [], c: { d: [1, "2"] }, [long]: [long, null] })).toBe(
      `{\n  "a": {},\n  "b": [],\n  "c": { "d": [1, "2"] },\n  "${long}": [\n    "${long}",\n    null\n  ]\n}`,
    );
  });
});
