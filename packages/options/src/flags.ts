import type { DriverModule, OptionSchema } from "@machinist/core";

/** One option of a driver as a command-line flag. */
export interface Flag {
  /** With its dashes: `--generic-ip-address`. */
  readonly flag: string;
  /** `--DRIVER-OPTION`, where the flag has another name: taken as well. */
  readonly also?: string;
  /** The option's own name, as in a manifest: `ip-address`. */
  readonly name: string;
  readonly description: string;
  /** `array`: the flag may be repeated, or take a comma list. */
  readonly type: OptionSchema["type"];
  readonly required: boolean;
  readonly default?: NonNullable<OptionSchema["default"]>;
  readonly enum?: readonly string[];
  /** The environment variable that may give the value instead. */
  readonly env?: string;
  /** The heading it stands under. */
  readonly group?: string;
  /** `array`: a comma belongs to the item. */
  readonly whole?: true;
  /** Why it is taken and does nothing. */
  readonly unused?: string;
}

/** The flag of one option: `--DRIVER-OPTION`, or the whole name that its schema gives it. */
export const flagOf = (driver: string, option: string, whole = `${driver}-${option}`): string => `--${whole}`;

/** The flags of a driver, in the order of its schema. */
export function flagsOf(module: Pick<DriverModule, "name" | "options">): Flag[] {
  const required = new Set(module.options.required);
  return Object.entries(module.options.properties).map(([name, schema]) => ({
    flag: flagOf(module.name, name, schema["x-flag"]),
    name,
    description: schema.description,
    type: schema.type,
    required: required.has(name),
    ...(schema["x-flag"] !== undefined && { also: flagOf(module.name, name) }),
    ...(schema.default !== undefined && { default: schema.default }),
    ...(schema.enum !== undefined && { enum: schema.enum }),
    ...(schema["x-env"] !== undefined && { env: schema["x-env"] }),
    ...(schema["x-group"] !== undefined && { group: schema["x-group"] }),
    ...(schema["x-whole"] && { whole: true as const }),
    ...(schema["x-unused"] !== undefined && { unused: schema["x-unused"] }),
  }));
}
