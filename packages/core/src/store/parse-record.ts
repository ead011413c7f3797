import { isFleetScope, scopeOf } from "../contract/resource.ts";
import type { ScopeRecord } from "../contract/store.ts";
import { MachinistError } from "../error.ts";
import { isModest } from "../modest.ts";
import { renamedRecord } from "../record.ts";

/** What a record that cannot be one is told as. */
export function corruptRecord(scope: string, path: string, why: string, cause?: unknown): MachinistError {
  const fleet = isFleetScope(scope);
  return new MachinistError("store.corrupt", `The record of ${ownerOf(scope)} is damaged (${why}): ${path}`, {
    cause,
    hint: fleet
      ? "Restore the file from a backup. If there is none: forget the fleet's machines with `machinist rm -f`, move the file away, and look for what they shared at their provider"
      : `Restore the file from a backup, or forget the machine with \`machinist rm -f ${scope}\` and look for what it left at its provider`,
  });
}

const ownerOf = (scope: string): string => (isFleetScope(scope) ? `fleet ${scope.slice(1)}` : scope);

/** Read a record's text. Throws `store.corrupt` for what is no record, `store.version` for one from a later machinist. */
export function parseRecord(text: string, scope: string, path: string): ScopeRecord {
  const corrupt = (why: string, cause?: unknown) => corruptRecord(scope, path, why, cause);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw corrupt(text.trim() === "" ? "it is empty" : "it is not JSON", cause);
  }
  if (!isObject(value)) throw corrupt("it is not an object");
  if (!isModest(value)) throw corrupt("there is too much in it");
  if (typeof value.version === "number" && value.version > 1)
    throw new MachinistError(
      "store.version",
      `The record of ${ownerOf(scope)} was written by a newer machinist (version ${value.version})`,
      {
        hint: "Upgrade machinist: npm install -g @machinist/cli",
      },
    );
  if (value.version !== 1) throw corrupt("its version is missing");
  const { scope: named } = value;
  // A folder that was renamed on purpose; one that was merely copied would be the same machine twice.
  const moved = typeof named === "string" && value.movesTo === scope;
  if (named !== scope && !moved) throw corrupt(`it is of ${String(named)}`);
  for (const [key, type] of [
    ["uid", "string"],
    ["fleet", "string"],
    ["lastGeneration", "number"],
  ] as const)
    if (typeof value[key] !== type) throw corrupt(`${key} is missing`);
  if (!Array.isArray(value.uses)) throw corrupt("uses is missing");
  if (!isObject(value.resources)) throw corrupt("resources is missing");
  for (const [id, resource] of Object.entries(value.resources)) {
    const sound =
      isObject(resource) &&
      resource.id === id &&
      scopeOf(id) === named &&
      typeof resource.kind === "string" &&
      typeof resource.generation === "number" &&
      typeof resource.intentAt === "number" &&
      typeof resource.status === "string" &&
      Array.isArray(resource.parents) &&
      isObject(resource.props);
    if (!sound) throw corrupt(`resource ${id} is incomplete`);
  }
  const record = value as unknown as ScopeRecord;
  return moved ? renamedRecord(record, scope) : record;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
