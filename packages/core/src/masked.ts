import type { Json } from "./contract/data.ts";

/** Names under which people keep secrets, in whatever way they write them. */
const secretName =
  /passw|passphrase|secret|token|credential|(private|api|access|auth|encryption)[-_.]?key|[-_]auth($|[-_](?!sock))|user-?data/i;

/** Whether an option, a variable or a flag of this name holds what is nobody's business. */
export const isSecretName = (name: string): boolean => secretName.test(name);

/**
 * The user and password of a URL. A password that was not encoded may hold `/` and `@` itself: with a colon before it, all up to
 * the last `@` of the word is taken for one.
 */
const userInfo = /\b([a-z][a-z0-9+.-]*:\/\/)(?:[^\s"'/@:]+@|[^\s"'/@:]*:[^\s"']*@)/gi;

/** What stands in place of a secret. */
export const redacted = "(secret)";

/** A text without the users and passwords of its URLs. */
export const withoutUserInfo = (text: string): string =>
  text.includes("://") ? text.replace(userInfo, `$1${redacted}@`) : text;

/**
 * A value as it may be shown and kept: what bears the name of a secret is hidden, and so are the user and password in a
 * URL, and the values of an environment (`env`). `name` is the value's own name.
 */
export function masked(value: Json, name = ""): Json {
  if (value === null || typeof value === "boolean" || typeof value === "number") return value;
  if (isSecretName(name) && value !== "") return redacted;
  if (typeof value === "string") return withoutUserInfo(value);
  if (Array.isArray(value)) return value.map((each) => masked(each));
  // Anything may be a secret that somebody hands to a program: the names are told.
  if (name === "env") return Object.fromEntries(Object.keys(value).map((key) => [key, redacted]));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, masked(each, key)]));
}
