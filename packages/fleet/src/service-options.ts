import type { Data, DriverModule, Json } from "@machinist/core";
import { same } from "@machinist/core";
import { coerce } from "@machinist/options";

export interface OtherService {
  readonly option: string;
  readonly theirs: Json;
  /** What this computer asks: the variable's value, else the option's default. */
  readonly ours: Json;
  /** Where this computer may say otherwise; empty where it cannot. */
  readonly variable: string;
}

/**
 * The option of somebody's file by which another service than this computer's own would be asked, and be sent the user's
 * credentials; undefined where there is none.
 */
export function otherService(
  { options: { properties } }: Pick<DriverModule, "options">,
  options: Data,
  env: Readonly<Record<string, string | undefined>>,
): OtherService | undefined {
  for (const [option, schema] of Object.entries(properties)) {
    const theirs = options[option];
    if (!schema["x-service"] || theirs === undefined) continue;
    const variable = schema["x-env"] ?? "";
    const set = env[variable];
    const ours = set ? coerce(schema.type, set) : ((schema.default ?? "") as Json);
    if (!same(theirs, ours)) return { option, theirs, ours, variable };
  }
  return undefined;
}
