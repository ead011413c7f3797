import type { Data, DriverModule } from "@machinist/core";
import { type Flag, flagOf, flagsOf } from "@machinist/options";
import { type Command, Option } from "commander";
import { collect } from "./command.ts";

/** A driver's options as flags, in sections of their own of the help: by the groups of its schema, old ones last. */
export function addDriverFlags(command: Command, module: DriverModule): void {
  const taken = new Set(command.options.map(({ long }) => long));
  const add = (heading: string, options: readonly Option[]) => {
    const fresh = options.filter(({ long }) => !taken.has(long));
    if (fresh.length > 0) command.optionsGroup(heading);
    for (const option of fresh) command.addOption(option);
  };
  const flags = flagsOf(module);
  const used = flags.filter(({ unused }) => unused === undefined);
  const about = `Driver ${module.name} (${module.description.replace(/\.$/, "")})`;
  for (const [index, group] of [...new Set(used.map(({ group }) => group ?? ""))].entries()) {
    const heading = index === 0 ? `${about}${group === "" ? "" : `: ${group}`}:` : `${group || module.name}:`;
    add(heading, used.filter((flag) => (flag.group ?? "") === group).map(optionOf));
  }
  add(
    "Other names:",
    flags.flatMap((flag) => (flag.also === undefined ? [] : [optionOf({ ...flag, flag: flag.also }).hideHelp()])),
  );
  add("Secrets, for this run only:", credentialsOf(module));
  add("Taken for the sake of old command lines, without effect:", flags.filter(({ unused }) => unused).map(optionOf));
}

/** Checked later with all the others, so that everything wrong is said at once: here a value is any text. */
function optionOf(flag: Flag): Option {
  const option = new Option(`${flag.flag} ${placeholderOf(flag)}`, descriptionOf(flag));
  return flag.type === "array" ? option.argParser(collect) : option;
}

/** More than this would push all descriptions of the screen to the right: then the values stand in the description. */
const placeholderWidth = 32;

const choicesOf = ({ enum: values = [] }: Flag): string => values.filter((value) => value !== "").join("|");

function placeholderOf(flag: Flag): string {
  if (flag.type === "boolean") return "[true|false]";
  const choices = choicesOf(flag);
  if (choices !== "" && choices.length <= placeholderWidth) return `<${choices}>`;
  return flag.type === "integer" || flag.type === "number" ? "<number>" : "<value>";
}

const credentialsOf = (module: DriverModule): Option[] =>
  Object.entries(module.credentials ?? {}).map(
    ([name, { description, env, flag }]) =>
      new Option(`${flagOf(module.name, name, flag)} <secret>`, `${description.replace(/\.$/, "")} [$${env}]`),
  );

function descriptionOf(flag: Flag): string {
  const { description, env, required, default: standard = "", unused } = flag;
  const choices = choicesOf(flag);
  const notes = [
    ...(required ? ["required"] : []),
    ...(flag.type === "array" && unused === undefined ? ["may be repeated"] : []),
    ...(choices.length > placeholderWidth ? [choices] : []),
    ...(String(standard) === "" || unused !== undefined ? [] : [`default: ${String(standard)}`]),
    ...(env === undefined || unused !== undefined ? [] : [`$${env}`]),
  ];
  const text = (unused ?? description).replace(/\.$/, "");
  return notes.length === 0 ? text : `${text} [${notes.join(", ")}]`;
}

/** What was given by flag, by the options' own names. */
export function givenOptions(module: DriverModule, options: Readonly<Record<string, unknown>>): Data {
  const given: Data = {};
  for (const { flag, also, name, whole } of flagsOf(module)) {
    const value = valueGiven(flag, options) ?? (also === undefined ? undefined : valueGiven(also, options));
    if (typeof value === "string" || typeof value === "boolean") given[name] = value;
    else if (Array.isArray(value)) given[name] = value.flatMap((one) => (whole ? String(one) : String(one).split(",")));
  }
  return given;
}

/** Secrets that were given by flag, as the variables in which the driver finds them. */
export function givenSecrets(module: DriverModule, options: Readonly<Record<string, unknown>>): Record<string, string> {
  const given: Record<string, string> = {};
  for (const [name, { env, flag }] of Object.entries(module.credentials ?? {})) {
    const value = valueGiven(flagOf(module.name, name, flag), options);
    if (typeof value === "string" && value !== "") given[env] = value;
  }
  return given;
}

const valueGiven = (flag: string, options: Readonly<Record<string, unknown>>): unknown =>
  options[new Option(flag).attributeName()];
