import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { MachinistError, type StorePlace } from "@machinist/core";
import type { TlsMaterial } from "./engine-api.ts";

/** A docker CLI context, as far as we use them. */
export interface DockerContext {
  readonly name: string;
  readonly description: string;
  /** The endpoint's address, `tcp://host:port`. */
  readonly url: string;
  /** Our mark; absent on contexts others made. */
  readonly owner?: string;
  /** Where the store is that the mark is of. */
  readonly store?: StorePlace;
  readonly tls?: TlsMaterial;
}

/** The key of our mark in a context's metadata; the CLI keeps fields it does not know. */
const OWNER = "machinist.owner";
const STORE = "machinist.store";
const ENDPOINT = "docker";
const PEMS = ["ca", "cert", "key"] as const;

/** The docker CLI's folder: $DOCKER_CONFIG, else ~/.docker. */
export const dockerConfigDir = (env: Readonly<Record<string, string | undefined>>): string =>
  env.DOCKER_CONFIG || join(env.HOME || homedir(), ".docker");

const digestOf = (name: string): string => createHash("sha256").update(name).digest("hex");
const metaDir = (configDir: string, name: string): string => join(configDir, "contexts", "meta", digestOf(name));
const tlsDir = (configDir: string, name: string): string => join(configDir, "contexts", "tls", digestOf(name));

/** Throws `context.name` for a name that the docker CLI refuses: shorter than two characters, `default`, odd characters. */
export function checkContextName(name: string): void {
  if (name !== "default" && /^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/.test(name)) return;
  throw new MachinistError("context.name", `docker allows no context named "${name}"`, {
    hint: 'Use another name (two characters or more, not "default"), or go without contexts.',
  });
}

/** The context of that name, or undefined. Throws `context.unreadable` where there is one that makes no sense. */
export async function readContext(configDir: string, name: string): Promise<DockerContext | undefined> {
  const path = join(metaDir(configDir, name), "meta.json");
  const text = await textAt(path);
  if (text === undefined) return undefined;
  const meta = parseMeta(text, path);
  const tls = await readTls(join(tlsDir(configDir, name), ENDPOINT));
  return {
    name,
    description: stringOr(meta.Metadata?.Description, ""),
    url: stringOr(meta.Endpoints?.[ENDPOINT]?.Host, ""),
    ...(typeof meta.Metadata?.[OWNER] === "string" ? { owner: meta.Metadata[OWNER] } : {}),
    ...placeIn(meta.Metadata?.[STORE]),
    ...(tls === undefined ? {} : { tls }),
  };
}

/** All contexts but `default`, without their certificates. One that makes no sense is left out: it is nobody's. */
export async function listContexts(configDir: string): Promise<Omit<DockerContext, "tls">[]> {
  const folder = join(configDir, "contexts", "meta");
  const digests = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    digests.map(async (digest) => {
      const path = join(folder, digest, "meta.json");
      const meta = await textAt(path)
        .then((text) => (text === undefined ? undefined : parseMeta(text, path)))
        .catch(() => undefined);
      if (typeof meta?.Name !== "string") return [];
      const owner = meta.Metadata?.[OWNER];
      const description = stringOr(meta.Metadata?.Description, "");
      const url = stringOr(meta.Endpoints?.[ENDPOINT]?.Host, "");
      return [{ name: meta.Name, description, url, ...(typeof owner === "string" ? { owner } : {}) }];
    }),
  );
  return found.flat();
}

/** Write it as `docker context create` does. The certificates come first: a context that is listed works. */
export async function writeContext(configDir: string, context: DockerContext): Promise<void> {
  checkContextName(context.name);
  const tls = tlsDir(configDir, context.name);
  if (context.tls === undefined) await rm(tls, { recursive: true, force: true });
  else {
    const folder = join(tls, ENDPOINT);
    await mkdir(join(configDir, "contexts"), { recursive: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const pem of PEMS) await writeWhole(join(folder, `${pem}.pem`), context.tls[pem], 0o600);
  }
  const folder = metaDir(configDir, context.name);
  await mkdir(folder, { recursive: true });
  await writeWhole(join(folder, "meta.json"), metaText(context), 0o644);
}

/** Remove its files. Already gone is success. */
export async function removeContext(configDir: string, name: string): Promise<void> {
  await rm(metaDir(configDir, name), { recursive: true, force: true });
  await rm(tlsDir(configDir, name), { recursive: true, force: true });
}

interface Meta {
  readonly Name?: unknown;
  readonly Metadata?: { readonly [key: string]: unknown };
  readonly Endpoints?: { readonly [endpoint: string]: { readonly [key: string]: unknown } | undefined };
}

function parseMeta(text: string, path: string): Meta {
  try {
    const parsed = JSON.parse(text) as unknown;
    if (typeof parsed === "object" && parsed !== null) return parsed as Meta;
  } catch {
    // Said below.
  }
  throw new MachinistError("context.unreadable", `The docker context file ${path} is damaged`, {
    hint: `Remove it: rm ${path}`,
  });
}

function placeIn(value: unknown): { readonly store?: StorePlace } {
  const { path, device } = (value ?? {}) as { readonly path?: unknown; readonly device?: unknown };
  return typeof path === "string" && typeof device === "number" ? { store: { path, device } } : {};
}

const metaText = (context: DockerContext): string =>
  goJson({
    Name: context.name,
    Metadata: {
      ...(context.description === "" ? {} : { Description: context.description }),
      ...(context.owner === undefined ? {} : { [OWNER]: context.owner }),
      ...(context.store === undefined ? {} : { [STORE]: { path: context.store.path, device: context.store.device } }),
    },
    Endpoints: { [ENDPOINT]: { Host: context.url, SkipTLSVerify: false } },
  });

/** Go escapes what HTML would mind; so do we, to the byte. */
const goJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

async function readTls(folder: string): Promise<TlsMaterial | undefined> {
  const [ca, cert, key] = await Promise.all(PEMS.map((pem) => textAt(join(folder, `${pem}.pem`))));
  return ca === undefined || cert === undefined || key === undefined ? undefined : { ca, cert, key };
}

async function textAt(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new MachinistError("context.unreadable", `The docker context file ${path} cannot be read`, { cause: error });
  }
}

async function writeWhole(path: string, content: string, mode: number): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, content, { mode });
  await rename(temporary, path);
}

const stringOr = (value: unknown, otherwise: string): string => (typeof value === "string" ? value : otherwise);
