import type { Data, EngineSpec, Json } from "@machinist/core";
import { type DockerOption, dockerOptionOfFlag } from "./docker-options.ts";
import { asObject } from "./dockerd-objects.ts";

/** What machinist gives dockerd itself. */
const ours = ["host", "tls", "tlsverify", "tlscacert", "tlscert", "tlskey", "config-file"];
/** And these it gives just so. */
const asItIs = [
  ...["tls=true", "tlsverify=true", "config-file=/etc/docker/daemon.json", "host=fd://", "host=unix://"],
  ...["host=unix:///var/run/docker.sock", "host=unix:///run/docker.sock", "host=tcp://0.0.0.0:2376"],
];
/** With these dockerd ends at once. */
const noDaemon = ["help", "validate", "version"];

/** Makes the error for a flag that cannot be taken, from a sentence about it and what to do instead. */
export type Refusal = (sentence: string, hint?: string) => Error;

/**
 * dockerd's flags without their dashes, `log-driver=journald` and the like, as what an engine is asked for: each in the
 * place that a spec has for it, else as a key of daemon.json with the type that dockerd insists on. Throws `refusal` of
 * what is no such flag, or cannot be given so.
 */
export function dockerdFlags(texts: readonly string[], refusal: Refusal): EngineSpec {
  return texts.reduce<EngineSpec>((spec, text) => withMore(spec, flagAsSpec(text, refusal)), {});
}

/** Two wishes as one: lists and maps have what both have; else the second counts. */
export function withMore(spec: EngineSpec, more: EngineSpec): EngineSpec {
  const both = Object.entries(more).map(([key, value]) => [key, joined(spec[key as keyof EngineSpec], value)]);
  return { ...spec, ...(Object.fromEntries(both) as EngineSpec) };
}

function joined(before: unknown, after: unknown): unknown {
  if (Array.isArray(before) && Array.isArray(after)) return [...before, ...after];
  if (!isMap(before) || !isMap(after)) return after;
  return Object.fromEntries([
    ...Object.entries(before),
    ...Object.entries(after).map(([key, value]) => [key, joined(before[key], value)]),
  ]);
}

const isMap = (value: unknown): value is Data => typeof value === "object" && value !== null && !Array.isArray(value);

function flagAsSpec(text: string, refusal: Refusal): EngineSpec {
  const [typed, value = "true"] = split(text.replace(/^--?/, ""));
  if (!/^([DHGbglps]|[a-z][a-z0-9-]+)$/.test(typed)) throw noFlag(text, refusal);
  const option = dockerOptionOfFlag(typed);
  const name = option?.flag ?? typed;
  if (ours.includes(name)) {
    if (asItIs.includes(`${name}=${value}`)) return {};
    throw refusal(
      `${typed} is set by machinist itself`,
      "Leave it out: Docker listens with TLS, and at its own socket.",
    );
  }
  if (noDaemon.includes(name)) throw refusal(`${typed} does not run Docker`, "Leave it out.");
  const object = asObject(name, value);
  if (object === "wrong") throw noFlag(text, refusal);
  if (object) return { options: object };
  const read = valueIn(text, value, option, refusal);
  return option?.field ? { [option.field]: read } : { options: { [option?.daemonKey ?? name]: read } };
}

/** With the type that dockerd insists on: what is neither a number nor true or false is a text. */
function valueIn(text: string, value: string, option: DockerOption | undefined, refusal: Refusal): Json {
  switch (option?.type) {
    case "texts":
      return [value];
    case "pairs":
      // A log driver's option may be a word alone.
      return pair(text, option.flag === "log-opt" && !value.includes("=") ? `${value}=` : value, refusal);
    case "number":
      return /^-?\d{1,15}$/.test(value) ? Number(value) : switchOr(value);
    default:
      return option?.field ? value : switchOr(value);
  }
}

function split(text: string): [string, string?] {
  const at = text.indexOf("=");
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function pair(text: string, value: string, refusal: Refusal): { [key: string]: string } {
  const [key, of] = split(value);
  if (key === "" || of === undefined) throw noFlag(text, refusal);
  return { [key]: of };
}

const noFlag = (text: string, refusal: Refusal): Error => refusal(`must be OPTION=VALUE, not ${JSON.stringify(text)}`);

const switchOr = (value: string): Json => (value === "true" || value === "false" ? value === "true" : value);
