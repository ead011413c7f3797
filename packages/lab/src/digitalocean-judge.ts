import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";

type Schema = Record<string, unknown>;
interface Parameter {
  readonly in: "query" | "path" | "header";
  readonly name: string;
  readonly required?: boolean;
  readonly schema: Schema;
}
interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Schema[];
  readonly requestBody?: Schema;
  readonly responses: Record<string, Schema>;
  readonly security?: readonly { readonly bearer_auth?: readonly string[] }[];
}

/** An operation of the document, met by a request. */
export interface Met {
  readonly operationId: string;
  readonly template: string;
  readonly method: string;
  readonly path: Readonly<Record<string, string>>;
}

/** What an OpenAPI document must say of itself to judge by it. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** The facts of DigitalOcean's own document, without its sentences: `pnpm run facts:digitalocean` writes them. */
export const digitalOceanFacts = (): OpenApi & { readonly openapi: string; readonly source: string } =>
  JSON.parse(readFileSync(new URL("../fixtures/digitalocean-facts.json", import.meta.url), "utf8"));

/** Judges requests and answers by an OpenAPI document. Faults are sentences with the path of the fault. */
export class Judge {
  readonly #document: OpenApi;
  readonly #ajv: Ajv;
  readonly #compiled = new Map<string, ValidateFunction>();
  readonly #routes: { template: string; match: RegExp; names: string[] }[];

  constructor(document: OpenApi = digitalOceanFacts()) {
    this.#document = document;
    // OpenAPI 3.0 is not quite JSON Schema: keywords of its own are let pass, and text of a query is read as its type.
    this.#ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(document as unknown as Schema, "document");
    this.#routes = Object.keys(document.paths).map((template) => ({
      template,
      match: new RegExp(`^${template.replace(/\{\w+\}/g, "([^/]+)")}$`),
      names: [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!),
    }));
  }

  /** Which operation a request is for; the most literal path wins. */
  meet(method: string, pathname: string): Met | undefined {
    const routes = this.#routes
      .filter(({ match }) => match.test(pathname))
      .sort((a, b) => a.names.length - b.names.length);
    for (const { template, match, names } of routes) {
      const operation = this.#document.paths[template]?.[method.toLowerCase()];
      const values = match.exec(pathname)?.slice(1) ?? [];
      if (operation)
        return {
          operationId: operation.operationId,
          template,
          method: method.toLowerCase(),
          path: Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(values[index]!)])),
        };
    }
    return undefined;
  }

  /** What a token must be allowed for the operations of these names. */
  scopes(operations: readonly string[]): string[] {
    const all = Object.values(this.#document.paths).flatMap((path) => Object.values(path));
    const called = all.filter(({ operationId }) => operations.includes(operationId));
    return [
      ...new Set(called.flatMap(({ security = [] }) => security.flatMap((each) => each.bearer_auth ?? []))),
    ].sort();
  }

  request(met: Met, query: URLSearchParams, body: unknown): string[] {
    const operation = this.#operation(met);
    const parameters = (operation.parameters ?? []).map((each) => this.#resolve(each) as unknown as Parameter);
    const faults: string[] = [];
    for (const { name, in: place, required, schema } of parameters) {
      const text = place === "path" ? met.path[name] : place === "query" ? (query.get(name) ?? undefined) : undefined;
      if (text === undefined) {
        if (required) faults.push(`${place} ${name} is missing`);
        continue;
      }
      const readings = [text, ...(/^-?\d+$/.test(text) ? [Number(text)] : []), ...(text === "true" ? [true] : [])];
      const key = `${met.operationId} ${place} ${name}`;
      if (!readings.some((value) => this.#faults(key, { ...schema }, value).length === 0))
        faults.push(`${place} ${name}: ${JSON.stringify(text)} is not what the document allows`);
    }
    const queries = parameters.filter((each) => each.in === "query").map((each) => each.name);
    for (const name of query.keys()) if (!queries.includes(name)) faults.push(`query ${name} is not in the document`);
    return [...faults, ...this.#body(met, operation, body)];
  }

  answer(met: Met, status: number, headers: Readonly<Record<string, string>>, body: unknown): string[] {
    const { responses } = this.#operation(met);
    const name = String(status) in responses ? String(status) : "default";
    const response = this.#resolve(responses[name] ?? {}) as {
      headers?: Record<string, Schema>;
      content?: Record<string, { schema: Schema }>;
    };
    const faults: string[] = [];
    for (const [header, of] of Object.entries(response.headers ?? {})) {
      const value = headers[header];
      const { schema } = this.#resolve(of) as { schema: Schema };
      if (value === undefined) continue;
      const read = schema.type === "integer" ? Number(value) : value;
      faults.push(...this.#faults(`header ${header}`, schema, read).map((fault) => `header ${header}${fault}`));
    }
    const schema = response.content?.["application/json"]?.schema;
    if (!schema) return body === undefined ? faults : [...faults, "a body where the document has none"];
    return [...faults, ...this.#faults(`${met.operationId} answer ${name}`, schema, body)];
  }

  #body(met: Met, { requestBody }: Operation, body: unknown): string[] {
    const content =
      requestBody && (this.#resolve(requestBody) as { content: Record<string, { schema: Schema }> }).content;
    const schema = content?.["application/json"]?.schema;
    if (!schema) return body === undefined ? [] : ["a body where the document has none"];
    const known = this.#properties(schema);
    const stray = Object.keys((body ?? {}) as object).filter((name) => !known.has(name));
    // The document leaves objects open; a name that it does not have at all is a slip all the same.
    return [
      ...this.#faults(`${met.operationId} body`, schema, body),
      ...stray.map((name) => `body /${name} is not in the document`),
    ];
  }

  /** Names of properties that a schema mentions at its top, in whichever of its branches. */
  #properties(schema: Schema): Set<string> {
    const whole = this.#resolve(schema);
    const branches = ["allOf", "oneOf", "anyOf"].flatMap((key) => (whole[key] as Schema[] | undefined) ?? []);
    const own = Object.keys((whole.properties as object | undefined) ?? {});
    return new Set([...own, ...branches.flatMap((each) => [...this.#properties(each)])]);
  }

  #operation({ template, method }: Met): Operation {
    return this.#document.paths[template]![method]!;
  }

  #resolve(node: Schema): Schema {
    if (typeof node.$ref !== "string") return node;
    const steps = node.$ref
      .slice(2)
      .split("/")
      .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
    const target = steps.reduce<unknown>((at, step) => (at as Schema)[step], this.#document);
    return this.#resolve(target as Schema);
  }

  #faults(key: string, schema: Schema, value: unknown): string[] {
    let validate = this.#compiled.get(key);
    if (!validate) {
      validate = this.#ajv.compile(inDocument(schema) as Schema);
      this.#compiled.set(key, validate);
    }
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }
}

/** The same schema, whose references lead into the whole document wherever it is compiled. */
function inDocument(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(inDocument);
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      key === "$ref" && typeof value === "string" && value.startsWith("#") ? `document${value}` : inDocument(value),
    ]),
  );
}
