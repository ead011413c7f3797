import { isSecretName, type Json, masked, redacted, withoutUserInfo } from "@machinist/core";

/** Shorter values are words that may stand anywhere. */
const shortestSecret = 8;

/** The values in an environment that are secrets, as their names say. */
export function secretsIn(env: Readonly<Record<string, string | undefined>>): string[] {
  const values = Object.entries(env).flatMap(([name, value]) =>
    isSecretName(name) && value !== undefined && value.length >= shortestSecret ? [value] : [],
  );
  // Lines are JSON: there a quote in a secret is written otherwise.
  const written = values.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]);
  return [...new Set(written)].sort((a, b) => b.length - a.length);
}

/** A text without these secrets, and without what stands before the `@` of a URL. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const plain = secrets.reduce(
    (rest, secret) => (rest.includes(secret) ? rest.replaceAll(secret, redacted) : rest),
    text,
  );
  return withoutUserInfo(plain);
}

/** Flags whose values are other programs' settings: nobody can tell which of those are secrets. */
const settings = /(^|-)(env|opts?|option|tags?|header|build-arg)$/;

/** A command line without the values of flags that hold secrets, or may. */
export function maskedCommand(words: readonly string[], secrets: readonly string[]): string[] {
  return words.map((word, index) => {
    const [, flag, value = ""] = /^(--?[\w-]+)=(.*)$/s.exec(word) ?? [];
    if (flag !== undefined) {
      const shown = maskedFlag(flag, value);
      return shown === undefined ? withoutSecrets(word, secrets) : `${flag}=${shown}`;
    }
    const before = words[index - 1] ?? "";
    // docker-machine takes one dash for two.
    const ofFlag = before.startsWith("-") && !before.includes("=") && !word.startsWith("--");
    return (ofFlag ? maskedFlag(before, word) : undefined) ?? withoutSecrets(word, secrets);
  });
}

/** Undefined: the value of this flag is no secret by its place. `NAME=VALUE` keeps its name. */
function maskedFlag(flag: string, value: string): string | undefined {
  if (isSecretName(flag)) return redacted;
  if (!settings.test(flag)) return undefined;
  const name = /^[A-Za-z0-9_.-]+(?==)/.exec(value)?.[0];
  return name === undefined ? redacted : `${name}=${redacted}`;
}

/** A value that may be kept: not one by a secret's name, no variables of an environment, and not too long. */
export function shownValue(name: string, value: Json): Json {
  const isEnvironment = name === "env" && typeof value === "object" && value !== null;
  const shown = isEnvironment ? Object.keys(value) : masked(value, name);
  return JSON.stringify(shown).length > longest ? "(too long to be kept here)" : shown;
}

const longest = 400;
