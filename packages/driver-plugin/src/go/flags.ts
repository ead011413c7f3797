import {
  type CredentialSchema,
  type Data,
  isSecretName,
  type Json,
  MachinistError,
  type OptionSchema,
  type OptionsSchema,
} from "@machinist/core";
import {
  anything,
  Boxed,
  bool,
  type GobRecord,
  type GobType,
  type GobValue,
  int,
  isBoxed,
  map,
  slice,
  string,
  struct,
} from "@machinist/go-rpc";
import { sharedFlags } from "./shared-flags.ts";

/** A flag as a plugin declares it. */
export interface PluginFlag {
  /** Whole, without its dashes: `hetzner-server-type`. */
  readonly flag: string;
  /** The option's name: without the driver's where it begins with that. */
  readonly option: string;
  readonly type: "string" | "integer" | "boolean" | "array";
  readonly usage: string;
  readonly env: string;
  readonly value: string | number | boolean | readonly string[] | undefined;
}

const types: Readonly<Record<string, PluginFlag["type"]>> = {
  StringFlag: "string",
  IntFlag: "integer",
  BoolFlag: "boolean",
  StringSliceFlag: "array",
};

/** The answer to GetCreateFlags. Flags of sorts that nobody knows are left out. */
export function readFlags(driver: string, answer: GobValue): PluginFlag[] {
  if (!Array.isArray(answer))
    throw new MachinistError("plugin.flags", `The plugin of driver ${driver} does not list its flags`, {
      hint: "Ask whoever maintains the plugin",
    });
  return answer.slice(0, MOST_FLAGS).flatMap((each: GobValue) => {
    if (!isBoxed(each)) return [];
    const type = types[each.name.split(".").at(-1) ?? ""];
    const { Name = "", Usage = "", EnvVar = "", Value } = each.value as GobRecord;
    if (type === undefined || typeof Name !== "string" || !flagName.test(Name)) return [];
    const flag = Name;
    const option = flag.startsWith(`${driver}-`) ? flag.slice(driver.length + 1) : flag;
    const usage = typeof Usage === "string" ? Usage.slice(0, MOST_USAGE) : "";
    const env = typeof EnvVar === "string" && variableName.test(EnvVar) ? EnvVar : "";
    return [{ flag, option, type, usage, env, value: defaultIn(type, Value) }];
  });
}

const MOST_FLAGS = 1000;
const MOST_USAGE = 4000;
const flagName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const variableName = /^[A-Za-z_]\w{0,99}$/;

/** A flag's default, if it is of the flag's type. */
function defaultIn(type: PluginFlag["type"], value: unknown): PluginFlag["value"] {
  if (type === "array")
    return Array.isArray(value) && value.every((each) => typeof each === "string") ? value : undefined;
  if (type === "integer") return Number.isSafeInteger(value) ? (value as number) : undefined;
  return typeof value === type ? (value as string | boolean) : undefined;
}

/** Options and secrets as machinist declares them. A secret is saved nowhere: it comes from a variable each time. */
export function schemaOf(driver: string, flags: readonly PluginFlag[], called = driver) {
  const properties: { [option: string]: OptionSchema } = {};
  const credentials: { [option: string]: CredentialSchema } = {};
  for (const flag of flags) {
    const isOther = flag.option === flag.flag || called !== driver;
    const named = isOther ? { "x-flag": flag.flag } : {};
    if (isSecret(flag))
      credentials[flag.option] = {
        description: flag.usage,
        env: variableOf(driver, flag),
        ...(isOther && { flag: flag.flag }),
      };
    else
      properties[flag.option] = {
        type: flag.type,
        description: flag.usage || `Option ${flag.option} of driver ${driver}`,
        ...(flag.type === "array" ? { items: { type: "string" as const }, "x-whole": true as const } : {}),
        ...defaultOf(flag),
        ...(flag.env === "" ? {} : { "x-env": flag.env }),
        ...named,
      };
  }
  const options: OptionsSchema = { type: "object", additionalProperties: false, properties };
  return { options, credentials };
}

/** A path is none, nor is a name. What a first boot is given is a path in most plugins, and then their usage says so. */
export const isSecret = ({ type, flag, usage }: PluginFlag): boolean =>
  type === "string" &&
  isSecretName(flag) &&
  !/-(path|keypath|file|dir|folder|name|id|fingerprint)$/.test(flag) &&
  !(/user-?data/.test(flag) && /\b(path|file)\b/i.test(usage));

/** The variable that a secret comes from; one of ours where the plugin names none. */
export const variableOf = (driver: string, { env, option }: PluginFlag): string =>
  env || `MACHINIST_${driver}_${option}`.toUpperCase().replace(/[^A-Z0-9]/g, "_");

function defaultOf({ type, value }: PluginFlag): Pick<OptionSchema, "default"> {
  if (type === "boolean") return { default: false };
  if (value === undefined || value === "") return {};
  return { default: (Array.isArray(value) ? [...value] : value) as Exclude<OptionSchema["default"], undefined> };
}

const rpcFlags = struct("RPCFlags", { Values: map(string, anything) });
const strings = slice(string);

/** What a machine is asked for. */
export interface Asked {
  readonly options: Data;
  /** What docker-machine's own flags say. */
  readonly hostOptions?: Data;
}

/** The argument of SetConfigFromFlags: a value for every flag. `secrets` by option. */
export function flagValues(
  driver: string,
  flags: readonly PluginFlag[],
  { options, hostOptions }: Asked,
  secrets: Readonly<Record<string, string>>,
): { readonly type: GobType; readonly value: GobValue } {
  const values = new Map<GobValue, GobValue>();
  for (const [flag, value] of Object.entries({ driver, ...sharedFlags(hostOptions) })) values.set(flag, boxed(value));
  for (const flag of flags) {
    const given = isSecret(flag) ? secrets[flag.option] || undefined : options[flag.option];
    values.set(flag.flag, boxed((given as Json | undefined) ?? flag.value ?? zeroOf[flag.type]));
  }
  return { type: anything, value: new Boxed("*rpcdriver.RPCFlags", rpcFlags, { Values: values }) };
}

const zeroOf = { string: "", integer: 0, boolean: false, array: [] } as const;

function boxed(value: unknown): Boxed {
  if (typeof value === "boolean") return new Boxed("bool", bool, value);
  if (typeof value === "number") return new Boxed("int", int, value);
  if (Array.isArray(value)) return new Boxed("[]string", strings, value.map(String));
  return new Boxed("string", string, String(value));
}
