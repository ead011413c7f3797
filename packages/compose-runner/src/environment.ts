import { scryptSync } from "node:crypto";
import { MachinistError } from "@machinist/core";
import type { Variables } from "./interpolation.ts";

/** Where the values of variables come from: `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that a project was promised. */
export interface NeededVariable {
  readonly name: string;
  /** `compose.yaml:12`, or who asks for it. */
  readonly at: string;
}

/** Their values. Throws `compose.env-missing`. */
export function valuesOf(needed: readonly NeededVariable[], environment: Environment): Variables {
  return Object.fromEntries(
    needed.map(({ name, at }) => {
      const value = environment[name];
      if (value !== undefined) return [name, value];
      throw new MachinistError("compose.env-missing", `${at}: the variable ${name} is not set`, {
        hint: `Set it before the command: ${name}=… machinist up`,
      });
    }),
  );
}

/**
 * Tells whether a value has changed, and is no help in guessing it: digests are saved, and values may be secrets, which
 * are slow to try.
 */
export const sealOf = (name: string, value: string): string =>
  scryptSync(value, `machinist variable ${name}`, 32).toString("hex");

/** Lines `NAME BASE64`, for a program's stdin. */
export const encoded = (values: Variables): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${Buffer.from(value).toString("base64")}\n`)
    .join("");
