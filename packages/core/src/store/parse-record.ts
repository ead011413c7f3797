import { isFleetScope, scopeOf } from "../contract/resource.ts";
import type { ScopeRecord } from "../contract/store.ts";
import { MachinistError } from "../error.ts";
import { renamedRecord } from "../record.ts";
import * as shape from "../shape.ts";
import { isWithinLimits } from "../size-limits.ts";

const { anyNumber, anyText, isData, listOf, mapOf, maybe } = shape;

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
  if (!isData(value)) throw corrupt("it is not an object");
  if (!isWithinLimits(value)) throw corrupt("there is too much in it");
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
  if (named !== scope && !moved) throw corrupt(`it is of ${shown(named)}`);
  for (const [key, check] of Object.entries(parts))
    if (!check(value[key])) throw corrupt(`${key} is missing, or damaged`);
  for (const [id, resource] of Object.entries(value.resources as object))
    if (!isResource(resource) || resource.id !== id || scopeOf(id) !== named)
      throw corrupt(`resource ${shown(id)} is incomplete`);
  const record = value as unknown as ScopeRecord;
  return moved ? renamedRecord(record, scope) : record;
}

/** Names as they are, unless they would be more than a name in a sentence. */
const shown = (value: unknown): string =>
  typeof value === "string" && /^[\x21-\x7e]{1,100}$/.test(value)
    ? value
    : (JSON.stringify(value) ?? "nobody").slice(0, 80);

const absent: shape.Check = (value) => value === undefined;
const either =
  (...checks: readonly shape.Check[]): shape.Check =>
  (value) =>
    checks.some((check) => check(value));

const intent = mapOf({
  driver: anyText,
  options: isData,
  engine: either((value) => value === false, isData),
  createdAt: anyNumber,
  lease: maybe(mapOf({ until: maybe(anyNumber), askedMs: maybe(anyNumber) })),
  hostOptions: maybe(isData),
});

/** What a record consists of, as far as it is believed without another look. */
const parts = {
  uid: anyText,
  fleet: anyText,
  lastGeneration: anyNumber,
  uses: listOf(anyText),
  resources: isData,
  machine: either(absent, intent),
  keyMark: either(absent, anyText),
  hooks: either(absent, listOf(isData)),
  was: either(absent, anyText),
};

const resourceParts = mapOf({
  ...{ id: anyText, kind: anyText, generation: anyNumber, intentAt: anyNumber, status: anyText },
  parents: listOf(anyText),
  after: either(absent, listOf(anyText)),
  rolling: either(absent, listOf(mapOf({ name: anyText, limit: anyNumber }))),
  props: isData,
  state: either(absent, isData),
});
const isResource = (value: unknown): value is { readonly id: string } => resourceParts(value);
