import type { Data, DriverModule } from "@machinist/core";
import { type Flag, flagsOf } from "@machinist/options";
import { type Command, Option } from "commander";
import { collect } from "./command.ts";

/** A driver's options as flags of `create`, in their own section of its help. */
export function addDriverFlags(command: Command, module: DriverModule): void {
  const taken = new Set(command.options.map(({ long }) => long));
  command.optionsGroup(`Driver ${module.name} (${module.description.replace(/\.$/, "")}):`);
  for (const flag of flagsOf(module)) if (!taken.has(flag.flag)) command.addOption(optionOf(flag));
}

/** Checked later with all the others, so that everything wrong is said at once: here a value is any text. */
function optionOf(flag: Flag): Option {
  const value = flag.type === "boolean" ? " [true|false]" : ` <${flag.enum?.join("|") ?? flag.type}>`;
  const option = new Option(`${flag.flag}${value}`, descriptionOf(flag));
  return flag.type === "array" ? option.argParser(collect) : option;
}

function descriptionOf({ description, env, required, default: standard }: Flag): string {
  const notes = [
    ...(required ? ["required"] : []),
    ...(standard === undefined || standard === "" ? [] : [`default: ${String(standard)}`]),
    ...(env === undefined ? [] : [`$${env}`]),
  ];
  const text = description.replace(/\.$/, "");
  return notes.length === 0 ? text : `${text} [${notes.join(", ")}]`;
}

/** What was given by flag, by the options' own names. */
export function givenOptions(module: DriverModule, options: Readonly<Record<string, unknown>>): Data {
  const given: Data = {};
  for (const { flag, name } of flagsOf(module)) {
    const value = options[new Option(flag).attributeName()];
    if (typeof value === "string" || typeof value === "boolean") given[name] = value;
    else if (Array.isArray(value)) given[name] = value.flatMap((one) => String(one).split(","));
  }
  return given;
}
