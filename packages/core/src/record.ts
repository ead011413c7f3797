import { createHash, randomBytes } from "node:crypto";
import type { MachineIntent, ScopeRecord } from "./contract/store.ts";

/** A new, empty record. Its uid has 50 random bits: no two records ever made share an owner mark. */
export function newRecord(
  scope: string,
  fleet: string,
  machine?: MachineIntent,
  uses: readonly string[] = [],
): ScopeRecord {
  const base = { version: 1 as const, scope, uid: newUid(), fleet, uses, lastGeneration: 0, resources: {} };
  return machine ? { ...base, machine } : base;
}

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

function newUid(): string {
  // Starts with a letter, because some providers want names that do.
  return `m${[...randomBytes(10)].map((byte) => alphabet[byte % 32]).join("")}`;
}

/** The mark of one generation of a resource: `UID-NAME-GENERATION`, ≤ 63 of [a-z0-9-]. */
export function ownerMark(uid: string, local: string, generation: number): string {
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
