import type { Data, EngineSpec, Json } from "@machinist/core";
import { asObject } from "./dockerd-objects.ts";

/** dockerd's repeatable flags that have no place of their own in a spec, and the plural that daemon.json has for each. */
const lists: { readonly [flag: string]: string } = {
  "allow-nondistributable-artifacts": "allow-nondistributable-artifacts",
  "cdi-spec-dir": "cdi-spec-dirs",
  "dns-opt": "dns-opts",
  "dns-search": "dns-search",
  "exec-opt": "exec-opts",
  "storage-opt": "storage-opts",
  "node-generic-resource": "node-generic-resources",
  "authorization-plugin": "authorization-plugins",
};

/** dockerd's one-letter flags, and those that it calls otherwise in daemon.json. */
const names: { readonly [flag: string]: string } = {
  D: "debug",
  H: "host",
  G: "group",
  b: "bridge",
  g: "data-root",
  graph: "data-root",
  l: "log-level",
  p: "pidfile",
  s: "storage-driver",
};

/** What machinist gives dockerd itself. */
const ours = ["host", "tls", "tlsverify", "tlscacert", "tlscert", "tlskey", "config-file"];
/** And these it gives just so. */
const asItIs = [
  ...["tls=true", "tlsverify=true", "config-file=/etc/docker/daemon.json", "host=fd://", "host=unix://"],
  ...["host=unix:///var/run/docker.sock", "host=unix:///run/docker.sock", "host=tcp://0.0.0.0:2376"],
];
/** With these dockerd ends at once. */
const noDaemon = ["help", "validate", "version"];

/** dockerd insists on numbers for these, and on texts for what is neither among them nor true or false. */
const numbers = [
  ...["cpu-rt-period", "cpu-rt-runtime", "max-concurrent-downloads", "max-concurrent-uploads"],
  ...["max-download-attempts", "mtu", "network-control-plane-mtu", "shutdown-timeout"],
];

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
  const name = Object.hasOwn(names, typed) ? names[typed]! : typed;
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
  switch (name) {
    case "dns":
      return { dns: [value] };
    case "insecure-registry":
      return { insecureRegistries: [value] };
    case "registry-mirror":
      return { registryMirrors: [value] };
    case "label":
      return { labels: pair(text, value, refusal) };
    case "storage-driver":
      return { storageDriver: value };
    case "log-driver":
      return { logDriver: value };
    case "log-opt":
      return { logOptions: pair(text, value.includes("=") ? value : `${value}=`, refusal) };
  }
  return { options: Object.hasOwn(lists, name) ? { [lists[name]!]: [value] } : { [name]: typedValue(name, value) } };
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

function typedValue(name: string, value: string): Json {
  if (value === "true" || value === "false") return value === "true";
  return numbers.includes(name) && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}
