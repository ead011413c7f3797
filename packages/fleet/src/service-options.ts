import { type Data, type DriverModule, type Json, masked, same } from "@machinist/core";
import { coerce } from "@machinist/options";

/** Values as they may be shown: users and passwords of URLs are hidden. */
export interface OtherService {
  readonly option: string;
  readonly theirs: string;
  /** What this computer uses: the variable's value, else the option's default. */
  readonly ours: string;
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
    const shown = (value: Json) => JSON.stringify(masked(value));
    if (!same(theirs, ours)) return { option, theirs: shown(theirs), ours: shown(ours), variable };
  }
  return undefined;
}
