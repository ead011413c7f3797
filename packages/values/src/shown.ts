import { MachinistError } from "@machinist/core";

/** A value that is refused, as it may be printed: short, on one line, without control characters. */
export const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
};

/** `what` tells where the value came from: `The address of web-1`. */
export const refused = (code: string, what: string, value: unknown, hint: string): MachinistError =>
  new MachinistError(code, `${what} cannot be ${shown(value)}`, { hint });
