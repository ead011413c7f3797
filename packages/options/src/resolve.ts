import { join, resolve } from "node:path";
import { type Data, type DriverModule, type Json, MachinistError, type OptionSchema } from "@machinist/core";
import { checkOption } from "./check.ts";
import { coerce } from "./coerce.ts";
import { flagOf } from "./flags.ts";
import { didYouMean } from "./nearest.ts";
import { shown } from "./violation.ts";

/** Variables by name, as in process.env. */
export type Env = Readonly<Record<string, string | undefined>>;

interface Problem {
  readonly code: "options.unknown" | "options.invalid" | "options.missing";
  readonly sentence: string;
}

/**
 * A driver's options, checked and complete: what was given wins over the environment (`x-env`), which wins over the
 * default. Text is read as the type an option wants; an empty variable counts as unset. With `cwd`, options of format
 * `path` come out absolute (`~/` is $HOME). All that is wrong is told in one error: `options.unknown`, `options.invalid`
 * or `options.missing`, whichever came first.
 */
export function resolveOptions(
  module: Pick<DriverModule, "name" | "options">,
  given: Data,
  env: Env,
  cwd?: string,
): Data {
  const { properties, required = [] } = module.options;
  const problems: Problem[] = unknownOptions(module, given);
  const resolved: Data = {};
  for (const [name, schema] of Object.entries(properties)) {
    const found = lookUp(name, schema, given, env);
    const empty = found === undefined || (found.value === "" && required.includes(name));
    if (empty && required.includes(name)) problems.push(missing(module.name, name, schema));
    if (empty) continue;
    const value = coerce(schema.type, found.value);
    const wrong = checkOption(found.calledBy, schema, value);
    if (wrong !== undefined) problems.push({ code: "options.invalid", sentence: wrong });
    else resolved[name] = schema.format === "path" && cwd !== undefined ? absolute(value, env, cwd) : value;
  }
  if (problems.length > 0) throw asError(module.name, problems);
  return resolved;
}

function lookUp(name: string, schema: OptionSchema, given: Data, env: Env) {
  const own = Object.hasOwn(given, name) ? given[name] : undefined;
  if (own !== undefined) return { value: own, calledBy: `Option ${name}` };
  const variable = schema["x-env"];
  const outside = variable === undefined ? undefined : env[variable];
  if (outside !== undefined && outside !== "")
    return { value: outside as Json, calledBy: `Option ${name} ($${variable})` };
  return schema.default === undefined ? undefined : { value: schema.default as Json, calledBy: `Option ${name}` };
}

function absolute(value: Json, env: Env, cwd: string): Json {
  if (typeof value !== "string" || value === "") return value;
  const home = env.HOME;
  return value.startsWith("~/") && home ? join(home, value.slice(2)) : resolve(cwd, value);
}

function unknownOptions({ name: driver, options }: Pick<DriverModule, "name" | "options">, given: Data): Problem[] {
  const known = Object.keys(options.properties);
  return Object.keys(given)
    .filter((name) => !Object.hasOwn(options.properties, name))
    .map((name) => {
      const bare = name.startsWith(`${driver}-`) ? name.slice(driver.length + 1) : name;
      const guess = didYouMean(bare, known);
      const rest = known.length === 0 ? "; it has none" : `; it has ${known.join(", ")}`;
      return { code: "options.unknown", sentence: `Driver ${driver} has no option ${shown(name)}${guess || rest}` };
    });
}

function missing(driver: string, name: string, schema: OptionSchema): Problem {
  const variable = schema["x-env"] === undefined ? "" : `, set ${schema["x-env"]}`;
  const ways = `give ${flagOf(driver, name, schema["x-flag"])}${variable}, or write ${name} under options in the manifest`;
  return { code: "options.missing", sentence: `Driver ${driver} needs option ${name}: ${ways}` };
}

function asError(driver: string, problems: readonly Problem[]): MachinistError {
  const sentences = problems.map((problem) => problem.sentence);
  const message =
    sentences.length === 1
      ? sentences[0]!
      : `The options of driver ${driver} have ${sentences.length} problems:\n${sentences.map((line) => `  ${line}`).join("\n")}`;
  return new MachinistError(problems[0]!.code, message, {
    hint: `\`machinist create --driver ${driver} --help\` lists its options.`,
  });
}
