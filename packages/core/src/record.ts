import { createHash, randomBytes } from "node:crypto";
import type { MachineIntent, ScopeRecord } from "./contract/store.ts";

/**
 * A new, empty record. Its uid begins with the mark of its store and ends with 40 random bits: no two records ever made
 * share an owner tag, and an object at a provider tells whose store it is of.
 */
export function newRecord(
  scope: string,
  fleet: string,
  machine?: MachineIntent,
  uses: readonly string[] = [],
  installationId = newInstallationId(),
): ScopeRecord {
  const uid = `${installationId}${letters(8)}`;
  const base = { version: 1 as const, scope, uid, fleet, uses, lastGeneration: 0, resources: {} };
  return machine ? { ...base, machine } : base;
}

/** Resources under other ids, with all that names one: props that are ids, parents, what they come after. Pure. */
export function resourcesNamed(
  resources: ScopeRecord["resources"],
  named: (id: string) => string,
): ScopeRecord["resources"] {
  const renamed = Object.values(resources).map((saved) => ({
    ...saved,
    id: named(saved.id),
    props: Object.fromEntries(
      Object.entries(saved.props).map(([key, value]) => [key, typeof value === "string" ? named(value) : value]),
    ),
    parents: saved.parents.map(named),
    ...(saved.after ? { after: saved.after.map(named) } : {}),
  }));
  return Object.fromEntries(renamed.map((each) => [each.id, each]));
}

/**
 * The same machine under another name. Its uid stays, and with it the owner tags of all it has at a provider; ids, and
 * props that are ids, follow the name. Pure.
 */
export function renamedRecord(record: ScopeRecord, to: string): ScopeRecord {
  const { movesTo: _done, ...rest } = record;
  const own = new Map(
    Object.keys(record.resources).map((id) => [id, id.replace(`${record.scope}/`, `${to}/`)] as const),
  );
  const named = (id: string): string => own.get(id) ?? id;
  return {
    ...rest,
    scope: to,
    was: record.scope,
    resources: resourcesNamed(record.resources, named),
  };
}

/** A new store's mark: a letter first, because some providers want names that begin with one, and 30 random bits. */
export const newInstallationId = (): string => `m${letters(6)}`;

export const installationIdPattern = /^m[a-z2-7]{6}$/;

/** The mark of the store that an owner tag is of. */
export const installationIdOf = (owner: string): string => owner.slice(0, 7);

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

const letters = (count: number): string => [...randomBytes(count)].map((byte) => alphabet[byte % 32]).join("");

/** The mark of one generation of a resource: `UID-NAME-GENERATION`, ≤ 63 of [a-z0-9-]. */
export function ownerTag(uid: string, local: string, generation: number): string {
  const tail = `-${generation}`;
  const plain = local.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const room = 63 - uid.length - 1 - tail.length;
  // Cutting or changing a name could make two names one: then a hash of the whole keeps them apart.
  const name =
    plain === local && plain.length <= room
      ? plain
      : `${plain.slice(0, room - 9)}-${createHash("sha256").update(local).digest("hex").slice(0, 8)}`;
  return `${uid}-${name}${tail}`;
}
