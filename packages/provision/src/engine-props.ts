import { isIP } from "node:net";
import { type Data, type EngineSpec, type Json, MachinistError } from "@machinist/core";
import { dockerFields } from "@machinist/options";
import { canonicalName } from "./certs/index.ts";

/** What the kind `docker.engine` is asked for: an EngineSpec with its defaults, and whose engine it is. */
export type EngineProps = {
  machine: string;
  driver: string;
  /** `auto`, `distribution`, `repository`, `none` or an https URL. */
  install: string;
  version?: string;
  port: number;
  hostname: boolean;
  labels: { [key: string]: string };
  /** Names and addresses of the server certificate, but for the address, which is the host's present one. */
  sans: string[];
  env: { [key: string]: string };
  dns?: string[];
  insecureRegistries?: string[];
  registryMirrors?: string[];
  storageDriver?: string;
  logDriver?: string;
  logOptions?: { [key: string]: string };
  options?: { [key: string]: Json };
};

export interface EngineContext {
  readonly machine: string;
  readonly driver: string;
  /**
   * An address known before the host is, to be covered by the certificate besides the host's own. Leave it out where it
   * is only known later: the present address is always covered.
   */
  readonly address?: string;
}

/** Keys of daemon.json that the recipe gives as flags; dockerd refuses to start when it finds them in both places. */
export const FLAG_KEYS = ["hosts", "tls", "tlsverify", "tlscacert", "tlscert", "tlskey"] as const;

/** The keys of daemon.json that have a place of their own in EngineSpec. */
const SPECIAL_KEYS: ReadonlyMap<string, string> = new Map(
  dockerFields.flatMap(({ daemonKey, field }) => (daemonKey ? [[daemonKey, field] as const] : [])),
);

/** Those that are wanted only where they are given: every engine has labels and an environment. */
const optional = dockerFields.flatMap(({ field, daemonKey }) =>
  field === "labels" || field === "env" ? [] : [[field, daemonKey ?? field] as const],
);

const SOURCES = ["auto", "distribution", "repository", "none"];

/**
 * The props of a `docker.engine` resource: plain, sorted, with defaults, the same for the same spec. Throws
 * `provision.options` for what no engine could be given.
 */
export function engineProps(spec: EngineSpec, context: EngineContext): EngineProps {
  const port = spec.port ?? 2376;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw wrong("port", `${port} is not a TCP port`);
  const options = checkedOptions(spec.options ?? {});
  return {
    machine: context.machine,
    driver: context.driver,
    install: checkedSource(spec.install ?? "auto"),
    ...given("version", spec.version === undefined ? undefined : checkedVersion(spec.version)),
    port,
    hostname: spec.hostname ?? true,
    labels: sorted({ provider: context.driver, ...spec.labels }, checkedLabel),
    sans: names(spec.sans ?? [], context),
    env: sorted(spec.env ?? {}, checkedEnv),
    ...Object.fromEntries(optional.flatMap(([field]) => checkedField(field, spec[field]))),
    ...given("options", empty(options) ? undefined : options),
  };
}

/** What daemon.json should hold for these props, labels apart: those are merged one by one. */
export function daemonKeys(props: EngineProps): Data {
  return {
    ...props.options,
    ...Object.fromEntries(
      optional.flatMap(([field, key]) => (props[field] === undefined ? [] : [[key, props[field] as Json]])),
    ),
  };
}

/** The prop a key of daemon.json comes from. */
export const propOfKey = (key: string): string => SPECIAL_KEYS.get(key) ?? "options";

/** The labels as dockerd wants them, `key=value`. */
export const labelList = (props: EngineProps): string[] =>
  Object.entries(props.labels).map(([key, value]) => `${key}=${value}`);

function names(sans: readonly string[], { machine, address }: EngineContext): string[] {
  const all = [...sans.map(checkedName), ...(address ? [address] : []), machine, "localhost", "127.0.0.1"];
  return [...new Set(all.map(canonicalName))];
}

function checkedSource(source: string): string {
  if (SOURCES.includes(source)) return source;
  try {
    const url = new URL(source);
    if (url.protocol === "https:" && !url.username && !url.password) return url.href;
  } catch {
    // Said below.
  }
  throw wrong("install", `${JSON.stringify(source)} is neither ${SOURCES.join(", ")} nor an https URL`);
}

function checkedVersion(version: string): string {
  if (/^v?\d[\w.+~:-]{0,60}$/.test(version)) return version.replace(/^v/, "");
  throw wrong("version", `${JSON.stringify(version)} is not a version`);
}

function checkedName(name: string): string {
  if (isIP(name) || /^(\*\.)?[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?$/i.test(name)) return name;
  throw wrong("sans", `${JSON.stringify(name)} is neither a host name nor an address`);
}

function checkedLabel(key: string, value: string): void {
  if (!key || /[=\s"\p{Cc}]/u.test(key)) throw wrong("labels", `${JSON.stringify(key)} cannot be the name of a label`);
  if (/[\n\r\0]/.test(value)) throw wrong("labels", `The value of ${key} holds a line break`);
}

function checkedEnv(key: string, value: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) throw wrong("env", `${JSON.stringify(key)} is not a variable's name`);
  if (/[\p{Cc}\uD800-\uDFFF]/u.test(value)) throw wrong("env", `The value of ${key} holds a control character`);
}

function checkedOptions(options: Data): { [key: string]: Json } {
  for (const key of Object.keys(options)) {
    if ((FLAG_KEYS as readonly string[]).includes(key)) {
      throw wrong("options", `${key} is set by machinist itself`, "Use `port` for the TCP port; TLS is always on.");
    }
    const prop = SPECIAL_KEYS.get(key);
    if (prop)
      throw wrong("options", `${key} has a place of its own`, `Use \`${keyOf(prop)}\` instead of options.${key}.`);
  }
  return Object.fromEntries(Object.entries(options).sort(byKey));
}

/** An optional field as an entry, as its type is checked; none where nothing is given. */
function checkedField(field: string, value: EngineSpec[(typeof optional)[number][0]]): [string, Json][] {
  if (value === undefined || value === "") return [];
  if (typeof value === "string") return [[field, value]];
  if (isList(value)) return value.length === 0 ? [] : [[field, list(field, value)]];
  return empty(value) ? [] : [[field, sorted(value)]];
}

const isList = (value: object): value is readonly string[] => Array.isArray(value);

function list(prop: string, values: readonly string[]): string[] {
  for (const value of values) {
    if (!value || /[\s\p{Cc}]/u.test(value)) throw wrong(prop, `${JSON.stringify(value)} is not usable here`);
  }
  return [...new Set(values)];
}

function sorted(
  map: { readonly [key: string]: string },
  check: (key: string, value: string) => void = () => {},
): { [key: string]: string } {
  for (const [key, value] of Object.entries(map)) check(key, value);
  return Object.fromEntries(Object.entries(map).sort(byKey));
}

const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0);
const empty = (map: object | undefined): boolean => Object.keys(map ?? {}).length === 0;
const given = <K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { [key in K]?: V };
/** As a manifest spells it. */
const keyOf = (prop: string): string => prop.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** What no engine could be given. Whoever was told it otherwise than by a manifest says it in words of their own. */
class EngineOptionError extends MachinistError {
  /** The name in an EngineSpec. */
  readonly option: string;
  /** What is wrong with it, without its name. */
  readonly problem: string;

  constructor(option: string, problem: string, hint: string) {
    super("provision.options", `engine.${keyOf(option)}: ${problem}`, { hint });
    this.option = option;
    this.problem = problem;
  }
}

const wrong = (prop: string, problem: string, hint = `Correct engine.${keyOf(prop)}.`): MachinistError =>
  new EngineOptionError(prop, problem, hint);
