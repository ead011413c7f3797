import { type Data, type Json, MachinistError } from "@machinist/core";

type Secrets = Readonly<Record<string, string>>;

/** An option, and a secret that it is given by. */
export type Secret = readonly [option: string, secret: string];

/** What stands in a configuration in the place of a secret. */
export const placeholder = (option: string): string => `\${secret:${option}}`;
const placeholders = /\$\{secret:([^}]+)\}/g;

/** The options whose secrets a configuration names. */
export const secretsIn = (config: string): string[] => [
  ...new Set([...config.matchAll(placeholders)].map(([, option]) => option!)),
];

/** A plugin's configuration without the secrets that it was given, so that it can be kept. */
export function withoutSecrets(config: string, secrets: readonly Secret[]): string {
  // The longest first: one may be a part of another.
  const all = [...secrets].filter(([, secret]) => secret !== "").sort(([, a], [, b]) => b.length - a.length);
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
      // Those who only show a message, as docker-machine does, name the variable too.
      const from = variable === undefined ? "" : `: set ${variable}`;
      throw new MachinistError(
        "plugin.secret",
        `The plugin needs its secret ${option}, which is saved nowhere${from}`,
        {
          hint:
            variable === undefined
              ? "Give it as at the machine's creation"
              : `Set ${variable}, then run the command again`,
        },
      );
    }),
  );
}

/** A configuration with secrets in it, and whose each is. */
export interface Filled {
  readonly config: string;
  readonly secrets: readonly Secret[];
}

/**
 * Ours with the secrets that docker-machine's has where ours names one. Only the same place is looked at, so that no secret gets
 * where it was not.
 */
export function filledFrom(config: string, kept: Data): Filled {
  const secrets: Secret[] = [];
  const fill = (ours: Json, theirs: Json | undefined): Json => {
    if (typeof ours === "string") {
      const [, option] = /^\$\{secret:([^}]+)\}$/.exec(ours) ?? [];
      if (option === undefined || typeof theirs !== "string" || theirs === "") return ours;
      secrets.push([option, theirs]);
      return theirs;
    }
    if (Array.isArray(ours))
      return ours.map((each, index) => fill(each, Array.isArray(theirs) ? theirs[index] : undefined));
    if (ours === null || typeof ours !== "object") return ours;
    const beside = typeof theirs === "object" && theirs !== null && !Array.isArray(theirs) ? theirs : {};
    return Object.fromEntries(Object.entries(ours).map(([key, each]) => [key, fill(each, beside[key])]));
  };
  return { config: JSON.stringify(fill(JSON.parse(config) as Json, kept)), secrets };
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
      throw new MachinistError("plugin.config", "The plugin's configuration is no JSON", {
        cause: error,
        hint: "Ask whoever maintains the plugin",
      });
    throw error;
  }
}
