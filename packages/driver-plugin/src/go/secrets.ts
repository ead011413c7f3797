import { type Json, MachinistError } from "@machinist/core";

type Secrets = Readonly<Record<string, string>>;

/** What stands in a configuration in the place of a secret. */
export const placeholder = (option: string): string => `\${secret:${option}}`;
const placeholders = /\$\{secret:([^}]+)\}/g;

/** A plugin's configuration without the secrets that it was given, so that it can be kept. */
export function withoutSecrets(config: string, secrets: Secrets): string {
  // The longest first: one may be a part of another.
  const all = Object.entries(secrets)
    .filter(([, secret]) => secret !== "")
    .sort(([, a], [, b]) => b.length - a.length);
  return mapped(config, (text) =>
    all.reduce((left, [option, secret]) => left.replaceAll(secret, () => placeholder(option)), text),
  );
}

/** The same with its secrets, as the plugin needs it. Throws `plugin.secret` for one that is not at hand. */
export function withSecrets(config: string, secrets: Secrets, variables: Secrets): string {
  return mapped(config, (text) =>
    text.replaceAll(placeholders, (_all, option: string) => {
      const secret = secrets[option];
      if (secret) return secret;
      const variable = variables[option];
      throw new MachinistError("plugin.secret", `The plugin needs its secret ${option} again: it is saved nowhere`, {
        hint:
          variable === undefined
            ? "Give it as at the machine's creation"
            : `Set ${variable}, then run the command again`,
      });
    }),
  );
}

/** Every text of a JSON document, keys left alone. */
function mapped(config: string, change: (text: string) => string): string {
  const walk = (value: Json): Json => {
    if (typeof value === "string") return change(value);
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, walk(each)]));
  };
  try {
    return JSON.stringify(walk(JSON.parse(config) as Json));
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new MachinistError("plugin.config", "The plugin's configuration is no JSON", { cause: error });
    throw error;
  }
}
