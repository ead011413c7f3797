import type { Data, DriverModule, Json } from "@machinist/core";
import { Boxed, type GobRecord, type GobValue, int, isBoxed, slice, string, struct } from "@machinist/go-rpc";
import { flagOf, flagsOf } from "@machinist/options";

/** docker-machine's sorts of flags, under the names by which its gob streams know them. */
const types = {
  StringFlag: struct("StringFlag", { Name: string, Usage: string, EnvVar: string, Value: string }),
  IntFlag: struct("IntFlag", { Name: string, Usage: string, EnvVar: string, Value: int }),
  BoolFlag: struct("BoolFlag", { Name: string, Usage: string, EnvVar: string }),
  StringSliceFlag: struct("StringSliceFlag", { Name: string, Usage: string, EnvVar: string, Value: slice(string) }),
};
const flag = (type: keyof typeof types, record: GobRecord): Boxed => new Boxed(`*mcnflag.${type}`, types[type], record);

type Flags = ReturnType<typeof flagsOf>;
type Flag = Flags[number];

/** One that is on by default is a text: docker-machine's are all off. */
const sortOf = ({ type, default: standard }: Flag): keyof typeof types => {
  if (type === "array") return "StringSliceFlag";
  if (type === "integer") return "IntFlag";
  return type === "boolean" && standard !== true ? "BoolFlag" : "StringFlag";
};

/** The answer to GetCreateFlags: a driver's options and secrets. */
export function createFlags(module: DriverModule): GobValue[] {
  const options = flagsOf(module).map((each) => {
    const type = sortOf(each);
    const about = { Name: each.flag.slice(2), Usage: each.unused ?? each.description, EnvVar: each.env ?? "" };
    const standard = each.default;
    if (type === "BoolFlag") return flag(type, about);
    if (type === "IntFlag") return flag(type, { ...about, Value: typeof standard === "number" ? standard : 0 });
    if (type === "StringSliceFlag")
      return flag(type, { ...about, Value: Array.isArray(standard) ? standard.map(String) : [] });
    return flag(type, { ...about, Value: standard === undefined ? "" : String(standard) });
  });
  const secrets = secretFlags(module).map(({ name, description, env }) =>
    flag("StringFlag", { Name: name, Usage: description, EnvVar: env, Value: "" }),
  );
  return [...options, ...secrets];
}

const secretFlags = (module: DriverModule) =>
  Object.entries(module.credentials ?? {}).map(([option, { description, env, flag: whole }]) => ({
    name: flagOf(module.name, option, whole).slice(2),
    description,
    env,
  }));

export interface Given {
  readonly options: Data;
  /** By the variables that the driver reads them from. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** What SetConfigFromFlags brings: a value for every flag there is, so that an empty one is one that nobody gave. */
export function givenBy(module: DriverModule, values: ReadonlyMap<GobValue, GobValue>): Given {
  const value = (name: string): GobValue | undefined => {
    const found = values.get(name);
    return isBoxed(found) ? found.value : found;
  };
  const options: Data = {};
  for (const each of flagsOf(module)) {
    const given = optionOf(each, value(each.flag.slice(2)));
    if (given !== undefined) options[each.name] = given;
  }
  const secrets = secretFlags(module).flatMap(({ name, env }) => {
    const given = String(value(name) ?? "");
    return given === "" ? [] : [[env, given] as const];
  });
  return { options, secrets: Object.fromEntries(secrets) };
}

function optionOf({ type, default: standard }: Flag, value: GobValue | undefined): Json | undefined {
  if (value === undefined || value === "") return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(String);
  if (typeof value === "boolean") return value || standard === true ? value : undefined;
  if (type === "integer") return Number(value) === 0 && standard === undefined ? undefined : Number(value);
  return String(value);
}
