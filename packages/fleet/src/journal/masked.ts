/** Names of options, variables and flags whose values are nobody's business. */
const secretName = /secret|token|passw|credential|private|auth|api-?_?key|access-?_?key/i;

const hidden = "(secret)";
/** Shorter values are words that may stand anywhere. */
const shortestSecret = 8;

/** The values in an environment that are secrets, as their names say. */
export function secretsIn(env: Readonly<Record<string, string | undefined>>): string[] {
  const values = Object.entries(env).flatMap(([name, value]) =>
    secretName.test(name) && value !== undefined && value.length >= shortestSecret ? [value] : [],
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
    if (flag !== undefined && secretName.test(flag)) return `${flag}=${hidden}`;
    const before = words[index - 1] ?? "";
    const isValue = before.startsWith("--") && !before.includes("=") && secretName.test(before);
    return isValue && !word.startsWith("--") ? hidden : withoutSecrets(word, secrets);
  });
}

/** A value that may be shown: not one by a secret's name, no variables of an environment, and not too long. */
export function shownValue(name: string, value: unknown, secrets: readonly string[]): unknown {
  if (secretName.test(name)) return hidden;
  if (name === "env" && typeof value === "object" && value !== null) return Object.keys(value);
  if (Array.isArray(value)) return fit(value.map((each) => shownValue("", each, secrets)));
  if (typeof value === "object" && value !== null)
    return fit(Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shownValue(key, each, secrets)])));
  return typeof value === "string" ? fit(withoutSecrets(value, secrets)) : value;
}

const longest = 400;
const fit = (value: unknown): unknown =>
  (JSON.stringify(value) ?? "").length > longest ? "(too long to be kept here)" : value;
