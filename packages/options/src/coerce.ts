import type { Json, OptionSchema } from "@machinist/core";

const truths = new Set(["true", "1", "yes", "on"]);
const untruths = new Set(["false", "0", "no", "off"]);

/**
 * Text from a flag or the environment as the type an option wants: `8` as 8, `yes` as true, `a,b` as a list. What
 * cannot be read so, and what is no text, comes back as it was; the check that follows refuses it.
 */
export function coerce(type: OptionSchema["type"], value: Json): Json {
  if (typeof value !== "string") return value;
  const text = value.trim();
  switch (type) {
    case "integer":
      return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : value;
    case "number":
      return /^[+-]?\d{1,15}(\.\d{1,15})?$/.test(text) ? Number(text) : value;
    case "boolean":
      if (truths.has(text.toLowerCase())) return true;
      return untruths.has(text.toLowerCase()) ? false : value;
    case "array":
      return text === "" ? [] : text.split(",").map((part) => part.trim());
    default:
      return value;
  }
}
