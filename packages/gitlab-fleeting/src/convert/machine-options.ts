import type { Data, DriverModule, Json } from "@machinist/core";
import { coerce, dockerKeys, dockerOptionOfFlag, flagOf, flagsOf } from "@machinist/options";

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
  const engine: Record<string, Json> = {};
  const notes: string[] = [];
  const flags = flagsOf(module);
  for (const [name, value] of given.map(pairOf)) {
    const secret = Object.entries(module.credentials ?? {}).find(
      ([option, { flag }]) => flagOf(module.name, option, flag) === `--${name}`,
    );
    const option = flags.find(({ flag, also }) => flag === `--${name}` || also === `--${name}`);
    if (secret) notes.push(`${name} is a secret: set ${secret[1].env} in the environment of gitlab-runner`);
    else if (option?.unused !== undefined) notes.push(`${name} has no effect: ${option.unused}`);
    else if (option) {
      const isWhole = option.type === "array" && option.whole && value !== undefined;
      add(options, option.name, option.type === "array", isWhole ? [value] : coerce(option.type, value ?? "true"));
    } else if (!addToEngine(engine, name, value ?? "")) notes.push(`${name} has no counterpart`);
  }
  return { options, engine, notes };
}

function add(into: Record<string, Json>, name: string, isList: boolean, value: Json): void {
  const before = into[name];
  into[name] = isList && Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
}

/** `engine-*` and `tls-san`: whether it is one of those. */
function addToEngine(engine: Record<string, Json>, name: string, value: string): boolean {
  if (name === "engine-install-url") engine.install = value;
  else if (name === "tls-san") add(engine, "sans", true, [value]);
  else if (name === "engine-opt") {
    const [key, setting = "true"] = pairOf(value);
    const row = dockerOptionOfFlag(key);
    if (row === undefined || row.type === "object") return false;
    if (row.key !== undefined) addOfType(engine, row.key, row.type, setting);
    else {
      const more = (engine.options ?? {}) as Record<string, Json>;
      addOfType(more, row.daemonKey ?? key, row.type, setting);
      engine.options = more;
    }
  } else {
    const row = dockerKeys.find(({ create }) => create?.flag === name);
    if (row === undefined) return false;
    addOfType(engine, row.key, row.type, value);
  }
  return true;
}

function addOfType(into: Record<string, Json>, key: string, type: string, value: string): void {
  if (type === "texts") add(into, key, true, [value]);
  else if (type === "pairs") {
    const [name, text = ""] = pairOf(value);
    into[key] = { ...((into[key] ?? {}) as Data), [name]: text };
  } else into[key] = coerce(type === "number" ? "number" : type === "switch" ? "boolean" : "string", value);
}
