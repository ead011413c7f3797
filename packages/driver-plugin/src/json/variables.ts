import { MachinistError, type OptionSchema } from "@machinist/core";
import type { Description } from "./protocol.ts";

/** Whether a driver may have a variable of the user's environment. */
export type Allowed = (variable: string) => boolean;

/**
 * Variables that begin with the driver's own name are meant for it (`SHELF_TOKEN` for shelf); any other it names is another
 * program's, and may be the key to everything, so the user must have said so.
 */
export function allowedFor(name: string, agreed: readonly string[]): Allowed {
  const prefix = `${name.toUpperCase().replaceAll("-", "_")}_`;
  return (variable) => variable.startsWith(prefix) || agreed.includes(variable);
}

/** The variables that may give its options and secrets. */
export const variablesOf = ({ options, credentials = {} }: Description): string[] =>
  [
    ...Object.values(options.properties ?? {}).map((option) => option["x-env"]),
    ...Object.values(credentials).map(({ env }) => env),
  ].filter((variable): variable is string => typeof variable === "string" && /^\w+$/.test(variable));

/** The options without variables that the driver may not have: their values would reach it as options. */
export function withoutOthers(about: Description, allowed: Allowed): Description {
  const properties = Object.entries(about.options.properties ?? {}).map(([option, schema]) => {
    const { "x-env": variable, ...rest } = schema as OptionSchema;
    return [option, variable === undefined || allowed(variable) ? schema : rest] as const;
  });
  return { ...about, options: { ...about.options, properties: Object.fromEntries(properties) } };
}

/** Throws `plugin.variable` for a secret that the driver names, that is set, and that nobody agreed to give it. */
export function refuseOthers(
  { credentials = {} }: Description,
  allowed: Allowed,
  {
    name,
    env,
    agreeTo,
  }: {
    readonly name: string;
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly agreeTo: (variable: string) => string;
  },
): void {
  const other = Object.values(credentials).find(({ env: wanted }) => !allowed(wanted) && env[wanted] !== undefined);
  if (!other) return;
  throw new MachinistError(
    "plugin.variable",
    `The driver ${name} asks for $${other.env}, which does not start with its name`,
    { hint: `To allow it: ${agreeTo(other.env)}` },
  );
}
