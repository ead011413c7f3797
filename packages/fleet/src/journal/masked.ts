import { isSecretName, type Json, masked } from "@machinist/core";

const hidden = "(secret)";
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
    (rest, secret) => (rest.includes(secret) ? rest.replaceAll(secret, hidden) : rest),
    text,
  );
  return plain.includes("://") ? plain.replace(/(\w+:\/\/)[^\s/@"']+@/g, `$1${hidden}@`) : plain;
}

/** A command line with the values of secret flags left out. */
export function maskedCommand(words: readonly string[], secrets: readonly string[]): string[] {
  return words.map((word, index) => {
    const flag = /^(--?[\w-]+)=/s.exec(word)?.[1];
    if (flag !== undefined && isSecretName(flag)) return `${flag}=${hidden}`;
    const before = words[index - 1] ?? "";
    // docker-machine takes one dash for two.
    const isValue = before.startsWith("-") && !before.includes("=") && isSecretName(before);
    return isValue && !word.startsWith("--") ? hidden : withoutSecrets(word, secrets);
  });
}

/** A value that may be kept: not one by a secret's name, no variables of an environment, and not too long. */
export function shownValue(name: string, value: Json): Json {
  const isEnvironment = name === "env" && typeof value === "object" && value !== null;
  const shown = isEnvironment ? Object.keys(value) : masked(value, name);
  return JSON.stringify(shown).length > longest ? "(too long to be kept here)" : shown;
}

const longest = 400;
