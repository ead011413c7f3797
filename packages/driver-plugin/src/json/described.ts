import { MachinistError, type OptionSchema, shape } from "@machinist/core";
import { checkOption, foreignPatternProblem } from "@machinist/options";
import { type Description, PROTOCOL } from "./protocol.ts";

const { entriesOf, isData, listOf, number, oneOf, shaped, text, truth } = shape;

const MOST_OPTIONS = 500;
const MOST_RESOURCE_TYPES = 100;
const DAY_MS = 24 * 3_600_000;

const word = text(100, /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/);
const words = listOf(word, 100);
const flag = text(100, /^[A-Za-z0-9][A-Za-z0-9._-]*$/);
const variable = text(100, /^[A-Za-z_]\w*$/);
const any = () => true;

const descriptionShape = {
  sshKey: oneOf("machine", "fleet"),
  methods: listOf(text(100), 100),
  power: listOf(oneOf("start", "stop", "restart", "kill"), 4),
};

const kindShape = {
  update: truth,
  check: truth,
  requiresReplace: words,
  requiresRestart: words,
  consistencyWindowMs: number(0, DAY_MS),
  readyTimeoutMs: number(0, DAY_MS),
  callTimeoutMs: number(1, DAY_MS),
  pollIntervalMs: number(10, DAY_MS),
  concurrency: number(1, 10_000),
  endpointProps: words,
  localProps: words,
  deletedWithParent: truth,
  retainOnDelete: truth,
};

const optionShape = {
  type: oneOf("string", "integer", "number", "boolean", "array"),
  description: text(4000),
  default: any,
  enum: listOf(text(200), 1000),
  pattern: text(1000),
  format: text(50),
  minimum: number(-Number.MAX_VALUE, Number.MAX_VALUE),
  maximum: number(-Number.MAX_VALUE, Number.MAX_VALUE),
  "x-env": variable,
  "x-service": (value: unknown) => value === true,
  "x-flag": flag,
  "x-group": text(100),
  "x-unused": text(1000),
};

/**
 * What a program says of itself, with all that becomes a flag, a variable, a limit or a wait checked, and nothing in it that we
 * do not know. Throws `plugin.version` and `plugin.protocol`.
 */
export function described(program: string, wanted: string | undefined, answer: unknown): Description {
  const about: Record<string, unknown> = isData(answer) ? answer : {};
  if (about.protocol !== PROTOCOL)
    throw new MachinistError(
      "plugin.version",
      `The program of driver ${program} speaks version ${JSON.stringify(about.protocol)?.slice(0, 40)} of the protocol`,
      { hint: `Get one that speaks version ${PROTOCOL}` },
    );
  const { name } = about;
  const isNamed = typeof name === "string" && (wanted === undefined ? driverName.test(name) : name === wanted);
  if (!isNamed) throw undescribed(program, wanted === undefined ? "a driver" : "a driver of this name");
  const at = (place: string) => (key: string) =>
    undescribed(program, `itself as the protocol has it: ${[place, key].filter(Boolean).join(".").slice(0, 200)}`);
  const { description = "" } = about;
  if (!text(4000)(description)) throw at("description")("");
  return {
    ...shaped(about, descriptionShape, at("")),
    protocol: PROTOCOL,
    name,
    description: String(description),
    options: optionsOf(about.options, at),
    ...(isData(about.credentials) ? { credentials: credentialsOf(about.credentials, at) } : {}),
    resourceTypes: Object.fromEntries(
      entriesOf(about.resourceTypes, kindName, MOST_RESOURCE_TYPES, at("resourceTypes")).map(([kind, fixed]) => {
        if (!kind.startsWith(`${name}.`)) throw at("resourceTypes")(kind);
        return [kind, shaped(fixed, kindShape, at(`resourceTypes.${kind}`))];
      }),
    ),
  };
}

const driverName = /^[a-z0-9][a-z0-9-]{0,62}$/;
const kindName = /^[a-z0-9][a-z0-9-]{0,62}\.[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const optionName = /^(?!__proto__$)[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

type At = (place: string) => (key: string) => Error;

function optionsOf(value: unknown, at: At): Description["options"] {
  if (!isData(value) || value.type !== "object") throw at("options")("type");
  const properties = entriesOf(value.properties ?? {}, optionName, MOST_OPTIONS, at("options.properties"));
  const required = value.required ?? [];
  if (!listOf(text(100), MOST_OPTIONS)(required)) throw at("options")("required");
  return {
    type: "object",
    additionalProperties: false,
    required: required as string[],
    properties: Object.fromEntries(properties.map(([name, schema]) => [name, optionOf(name, schema, at)])),
  };
}

function optionOf(name: string, value: unknown, at: At): OptionSchema {
  const wrong = at(`options.properties.${name}`);
  const { description = "", type, default: standard, ...limits } = shaped(value, optionShape, wrong);
  if (type === undefined) throw wrong("type");
  const { items } = value as { items?: unknown };
  const inner = items === undefined || items === null ? {} : shaped(items, { pattern: text(1000) }, wrong);
  for (const pattern of [limits.pattern, inner.pattern]) {
    const problem = typeof pattern === "string" ? foreignPatternProblem(pattern) : undefined;
    if (problem !== undefined) throw wrong(`pattern, which ${problem}`);
  }
  const schema = {
    type,
    description,
    ...limits,
    ...(type === "array" ? { items: { type: "string", ...inner } } : {}),
    "x-foreign": true,
  } as OptionSchema;
  // An empty text stands for none, whatever the limits.
  if (standard === undefined || standard === "")
    return standard === "" && type === "string" ? { ...schema, default: "" } : schema;
  if (checkOption(name, schema, standard as string) !== undefined) throw wrong("default");
  return { ...schema, default: standard as NonNullable<OptionSchema["default"]> };
}

const credentialsOf = (value: unknown, at: At): NonNullable<Description["credentials"]> =>
  Object.fromEntries(
    entriesOf(value, optionName, MOST_OPTIONS, at("credentials")).map(([name, each]) => {
      const wrong = at(`credentials.${name}`);
      const {
        description = "",
        env,
        flag: own,
      } = shaped(each, { description: text(4000), env: variable, flag }, wrong);
      if (env === undefined) throw wrong("env");
      return [name, { description: String(description), env: String(env), ...(own ? { flag: String(own) } : {}) }];
    }),
  );

const undescribed = (program: string, what: string): MachinistError =>
  new MachinistError("plugin.protocol", `The program of driver ${program} does not describe ${what}`, {
    hint: "It answers `initialize` with name, description, options and resourceTypes; the name of each type begins with the driver's",
  });
