import { isSecretName, type Json, withoutUserInfo } from "@machinist/core";

/**
 * A value of `plugin_config` with a variable (`${NAME}`) for each secret, of which `notes` tell, and with any other `$` doubled.
 * Secrets are known by their names and by the passwords in URLs. `path`: where it stands, from the group's name on. A driver's own
 * options are no secrets by their names (`byName`), since its schema lists those apart.
 */
export function withVariables(value: Json, path: readonly string[], notes: string[], byName: boolean): Json {
  const below = (each: Json, key: string) => withVariables(each, [...path, key], notes, byName);
  if (Array.isArray(value)) return value.map((each, index) => below(each, String(index + 1)));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, below(each, key)]));
  if (typeof value !== "string") return value;
  const isSecret = (byName && isSecretName(path.at(-1) ?? "")) || withoutUserInfo(value) !== value;
  if (!isSecret || value === "") return value.replaceAll("$", "$$$$");
  const variable = path
    .join("_")
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, "_");
  notes.push(`${path.slice(1).join(".")} is a secret: set ${variable} in the environment of gitlab-runner`);
  return `\${${variable}}`;
}
