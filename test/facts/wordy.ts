import type { OpenApi } from "@machinist/lab";

const prose = {
  description: "PROSE",
  summary: "PROSE",
  title: "PROSE",
  example: "PROSE",
  externalDocs: { url: "PROSE" },
};

/** A small OpenAPI document with a sentence in every place that may have one, and properties that are named like those. */
export const wordy = {
  openapi: "3.0.0",
  info: { ...prose, version: "7", license: { name: "PROSE" }, contact: { email: "PROSE" }, termsOfService: "PROSE" },
  servers: [{ url: "https://example.com", ...prose }],
  tags: [{ name: "PROSE", ...prose }],
  paths: {
    "/things": {
      post: {
        ...prose,
        operationId: "things_create",
        tags: ["PROSE"],
        "x-codeSamples": [{ source: "PROSE" }],
        security: [{ bearer_auth: ["thing:create"] }],
        requestBody: {
          ...prose,
          required: true,
          content: {
            "application/json": { ...prose, schema: { $ref: "#/components/schemas/thing" }, examples: prose },
          },
        },
        responses: { 201: { $ref: "#/components/responses/made" }, default: { ...prose } },
      },
    },
    "/things/{id}": {
      get: {
        ...prose,
        operationId: "things_get",
        parameters: [
          { ...prose, in: "path", name: "id", required: true, schema: { ...prose, type: "integer", minimum: 1 } },
          { ...prose, in: "query", name: "summary", schema: { ...prose, type: "string", enum: ["a", "true"] } },
        ],
        responses: { 200: { $ref: "#/components/responses/made" } },
      },
    },
  },
  components: {
    examples: { made: prose },
    links: { made: prose },
    securitySchemes: { bearer_auth: { ...prose, type: "http", scheme: "bearer" } },
    headers: { left: { ...prose, schema: { ...prose, type: "integer" } } },
    responses: {
      made: {
        ...prose,
        headers: { left: { $ref: "#/components/headers/left" } },
        content: { "application/json": { schema: { type: "array", items: { $ref: "#/components/schemas/thing" } } } },
        links: { made: { $ref: "#/components/links/made" } },
      },
    },
    schemas: {
      thing: {
        ...prose,
        type: "object",
        required: ["title"],
        properties: {
          title: { ...prose, type: "string", maxLength: 8, pattern: "^[a-z0-9-]+$" },
          description: { ...prose, type: "string", nullable: true, default: "none" },
          example: { ...prose, type: "array", maxItems: 3, uniqueItems: true, items: { ...prose, type: "number" } },
          externalDocs: { ...prose, oneOf: [{ ...prose, type: "string", format: "uuid" }, { type: "integer" }] },
        },
        additionalProperties: { ...prose, type: "boolean" },
      },
    },
  },
} as OpenApi & object;
