import { homedir } from "node:os";
import { join } from "node:path";
import { MachinistError, readAtMost } from "@machinist/core";
import { attempt, findProgram, lastWords } from "@machinist/programs";
import type { Environment } from "./environment.ts";

/** docker's own file of logins. Bytes. */
const MOST_BYTES = 2 ** 20;
/** A helper may ask the user for the password of a key chain. */
const HELPER_MS = 60_000;
/** What docker calls its own registry. */
const DOCKER_HUB = "https://index.docker.io/v1/";

interface DockerConfig {
  readonly auths?: { readonly [registry: string]: { readonly auth?: string; readonly identitytoken?: string } };
  readonly credHelpers?: { readonly [registry: string]: string };
  readonly credsStore?: string;
}
type Auth = { auth?: string; identitytoken?: string };

/**
 * The logins of this user to these registries, as the text of a docker config.json: from `DOCKER_AUTH_CONFIG`, from docker's
 * own config.json here, or from the credential helpers that it names. They are secrets. Throws `compose.login-missing`.
 */
export async function loginsTo(registries: readonly string[], environment: Environment): Promise<string> {
  const configs = [given(environment), await own(environment)];
  const auths: { [registry: string]: Auth } = {};
  for (const registry of registries) {
    const key = keyOf(registry);
    const found = await firstOf(configs, (config) => loginIn(config, key, environment));
    if (found === undefined) throw missing(registry);
    auths[key] = found;
  }
  return JSON.stringify({ auths });
}

/** Throws `compose.login-missing` for one of which nothing here knows; helpers are not asked. */
export async function demandLogins(registries: readonly string[], environment: Environment): Promise<void> {
  if (registries.length === 0) return;
  const configs = [given(environment), await own(environment)];
  for (const registry of registries) {
    const key = keyOf(registry);
    const known = ({ auths, credHelpers, credsStore }: DockerConfig) =>
      auths?.[key] !== undefined || credHelpers?.[key] !== undefined || credsStore !== undefined;
    if (!configs.some(known)) throw missing(registry);
  }
}

const keyOf = (registry: string): string =>
  /^(?:docker\.io|index\.docker\.io|registry-1\.docker\.io)$/.test(registry) ? DOCKER_HUB : registry;

const missing = (registry: string): MachinistError =>
  new MachinistError("compose.login-missing", `You are not logged in to ${registry} on this computer`, {
    hint: `Log in: docker login ${registry}; or give it in DOCKER_AUTH_CONFIG, as the text of a docker config.json`,
  });

async function firstOf<T, R>(all: readonly T[], ask: (one: T) => Promise<R | undefined>): Promise<R | undefined> {
  for (const one of all) {
    const found = await ask(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

function given({ DOCKER_AUTH_CONFIG }: Environment): DockerConfig {
  return DOCKER_AUTH_CONFIG === undefined || DOCKER_AUTH_CONFIG === ""
    ? {}
    : parsed(DOCKER_AUTH_CONFIG, "DOCKER_AUTH_CONFIG");
}

async function own({ DOCKER_CONFIG, HOME = homedir() }: Environment): Promise<DockerConfig> {
  const path = join(DOCKER_CONFIG || join(HOME, ".docker"), "config.json");
  try {
    return parsed((await readAtMost(path, MOST_BYTES, "The docker configuration")).toString("utf8"), path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw cause;
  }
}

function parsed(text: string, where: string): DockerConfig {
  try {
    const config = JSON.parse(text) as unknown;
    if (typeof config === "object" && config !== null) return config;
  } catch {
    // Told below, without a word of what it holds.
  }
  throw new MachinistError("compose.login-unreadable", `${where} is not the text of a docker config.json`, {
    hint: "Log in again: docker login REGISTRY",
  });
}

async function loginIn(
  { auths, credHelpers, credsStore }: DockerConfig,
  key: string,
  environment: Environment,
): Promise<Auth | undefined> {
  const helper = credHelpers?.[key] ?? credsStore;
  const kept = auths?.[key];
  if (kept?.auth || kept?.identitytoken) return kept;
  return helper === undefined ? undefined : askHelper(helper, key, environment);
}

/** A program of docker's own protocol; undefined where it knows no login to that registry. */
async function askHelper(helper: string, key: string, environment: Environment): Promise<Auth | undefined> {
  const name = `docker-credential-${helper}`;
  const program = /^[\w.-]+$/.test(helper) ? findProgram(name, environment) : undefined;
  if (program === undefined)
    throw new MachinistError("compose.login-helper", `docker's configuration names ${name}, which is not there`, {
      hint: "Install it, or take it out of docker's config.json and log in again",
    });
  const { code, stdout, stderr } = await attempt([program, "get"], {
    env: environment,
    stdin: key,
    timeoutMs: HELPER_MS,
  });
  if (code !== 0) {
    const said = `${stdout} ${stderr}`;
    if (/credentials not found|not found in native/i.test(said)) return undefined;
    throw new MachinistError("compose.login-helper", `${name} failed: ${lastWords(said) || `exit code ${code}`}`, {
      hint: `Try it: echo ${key} | ${name} get`,
    });
  }
  const { Username, Secret } = parsed(stdout, `What ${name} prints`) as { Username?: string; Secret?: string };
  if (typeof Username !== "string" || typeof Secret !== "string") return undefined;
  if (Username === "<token>") return { identitytoken: Secret };
  return { auth: Buffer.from(`${Username}:${Secret}`).toString("base64") };
}
