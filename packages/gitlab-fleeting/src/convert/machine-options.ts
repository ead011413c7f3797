import type { Data, DriverModule, EngineSpec, Json } from "@machinist/core";
import { coerce, dockerdFlags, dockerFields, flagOf, flagsOf, withMore } from "@machinist/options";

/** `MachineOptions` of an old runner, as `plugin_config` has them, and what cannot be had there, in sentences. */
export interface ConvertedOptions {
  readonly options: Data;
  readonly engine: Data;
  readonly notes: readonly string[];
}

/** Splits `name=value`, as docker-machine reads a flag without dashes; a switch has no value. */
function pairOf(text: string): readonly [string, string | undefined] {
  const at = text.indexOf("=");
  const name = at < 0 ? text : text.slice(0, at);
  return [name.replace(/^-+/, ""), at < 0 ? undefined : text.slice(at + 1)];
}

/** The flags of docker-machine's `create` without dashes, as options of one of our drivers. Secrets are named, and left out. */
export function convertOptions(given: readonly string[], module: DriverModule): ConvertedOptions {
  const options: Record<string, Json> = {};
  const notes: string[] = [];
  const flags = flagsOf(module);
  let engine: EngineSpec = {};
  for (const [name, value] of given.map(pairOf)) {
    const secret = Object.entries(module.credentials ?? {}).find(
      ([option, { flag }]) => flagOf(module.name, option, flag) === `--${name}`,
    );
    const option = flags.find(({ flag, also }) => flag === `--${name}` || also === `--${name}`);
    if (secret) notes.push(`${name} is a secret: set ${secret[1].env} in the environment of gitlab-runner`);
    else if (option?.unused !== undefined) notes.push(`${name} has no effect: ${option.unused}`);
    else if (option) {
      const before = options[option.name];
      const isWhole = option.type === "array" && option.whole && value !== undefined;
      const more = isWhole ? [value] : coerce(option.type, value ?? "true");
      options[option.name] = Array.isArray(before) && Array.isArray(more) ? [...before, ...more] : more;
    } else {
      const more = engineFlag(name, value ?? "", notes);
      if (more) engine = withMore(engine, more);
      else notes.push(`${name} has no counterpart`);
    }
  }
  return { options, engine: asInManifest(engine), notes };
}

/** `engine-*` and `tls-san`; undefined for all else. */
function engineFlag(name: string, value: string, notes: string[]): EngineSpec | undefined {
  if (name === "engine-install-url") return { install: value };
  if (name === "tls-san") return { sans: [value] };
  if (name === "engine-opt") return dockerOption(value, notes);
  const row = dockerFields.find(({ create }) => create?.flag === name);
  if (row === undefined) return undefined;
  const [key, of = ""] = pairOf(value);
  return { [row.field]: row.type === "texts" ? [value] : row.type === "pairs" ? { [key]: of } : value };
}

function dockerOption(text: string, notes: string[]): EngineSpec {
  try {
    return dockerdFlags([text], (sentence) => new Error(sentence));
  } catch {
    // Not what it was set to, which may be a secret.
    notes.push(`engine-opt=${pairOf(text)[0]} is left out: machinist sets it itself, or dockerd does not take it`);
    return {};
  }
}

/** A spec by the keys that `engine` has in machines.yaml. */
const asInManifest = (spec: EngineSpec): Data =>
  Object.fromEntries(
    Object.entries(spec).map(([name, value]) => [
      dockerFields.find(({ field }) => field === name)?.key ?? name,
      value as Json,
    ]),
  );
