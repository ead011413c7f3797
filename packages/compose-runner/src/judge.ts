import { MachinistError } from "@machinist/core";
import type { ComposeDocument } from "./document.ts";
import { isMap, listOf, textOf } from "./document.ts";

const topLevel = ["version", "name", "services", "networks", "volumes", "configs", "secrets", "include", "models"];

/**
 * What compose would refuse and can be seen without it, found before anything is made. `documents` are merged. Throws
 * `compose.invalid`, with the place.
 */
export function judge(documents: readonly ComposeDocument[]): void {
  for (const document of documents) judgeShape(document);
  const first = documents[0];
  const services = new Map<string, Service>();
  for (const document of documents)
    for (const [name, content] of Object.entries((document.content.services ?? {}) as Content)) {
      const before = services.get(name);
      services.set(name, { document, content: { ...before?.content, ...(content as Content | null) } });
    }
  // What is included may hold what is missed here.
  const includes = documents.some(({ content }) => listOf(content.include).length > 0);
  if (services.size === 0 && !includes && first) throw invalid(first, ["services"], "there are no services");
  for (const [name, service] of services) judgeService(name, service, services, includes ? undefined : documents);
}

type Content = { readonly [key: string]: unknown };

interface Service {
  readonly document: ComposeDocument;
  readonly content: Content;
}

function judgeShape(document: ComposeDocument): void {
  for (const [key, value] of Object.entries(document.content)) {
    if (key.startsWith("x-")) continue;
    if (!topLevel.includes(key)) throw invalid(document, [key], `${JSON.stringify(key.slice(0, 60))} is no key of it`);
    const mapping = ["services", "networks", "volumes", "configs", "secrets"].includes(key);
    if (mapping && value !== null && !isMap(value)) throw invalid(document, [key], `${key} must be names with values`);
  }
  for (const [name, service] of Object.entries((document.content.services ?? {}) as Content))
    if (service !== null && !isMap(service))
      throw invalid(document, ["services", name], `the service ${name} must be keys with values`);
}

function judgeService(
  name: string,
  { document, content }: Service,
  services: ReadonlyMap<string, Service>,
  whole: readonly ComposeDocument[] | undefined,
): void {
  const at = ["services", name];
  if (["image", "build", "extends", "provider"].every((key) => content[key] === undefined))
    throw invalid(document, at, `the service ${name} has neither an image nor a build context`);
  if (!whole) return;
  for (const section of ["networks", "volumes", "configs", "secrets"] as const) {
    const used = section === "volumes" ? volumesOf(content) : namesIn(content[section], "source");
    for (const each of used)
      if (!(section === "networks" && each === "default") && !whole.some((one) => has(one.content[section], each)))
        throw invalid(
          document,
          [...at, section],
          `the service ${name} uses ${each}, which is not among its ${section}`,
        );
  }
  for (const each of namesIn(content.depends_on, "service"))
    if (!services.has(each))
      throw invalid(document, [...at, "depends_on"], `the service ${name} depends on ${each}, which is no service`);
}

/** Names that hold no variables: their values are known only to compose. */
const namesIn = (value: unknown, key: string): string[] =>
  (isMap(value) ? Object.keys(value) : listOf(value))
    .flatMap((entry) => textOf(isMap(entry) ? entry[key] : entry) ?? [])
    .filter((each) => !each.includes("$"));

/** Named volumes that a service mounts. */
const volumesOf = ({ volumes }: Content): string[] =>
  listOf(volumes).flatMap((entry) => {
    if (isMap(entry)) return entry.type === "volume" ? (textOf(entry.source) ?? []) : [];
    const [source = "", target] = String(entry).split(":");
    return target !== undefined && /^[A-Za-z0-9][\w.-]+$/.test(source) ? source : [];
  });

const has = (section: unknown, name: string): boolean => isMap(section) && Object.hasOwn(section, name);

const invalid = (document: ComposeDocument, keys: readonly string[], what: string): MachinistError =>
  new MachinistError("compose.invalid", `${document.place(keys)}: ${what}`, {
    hint: `See what compose itself says: docker compose -f ${document.path} config`,
  });
