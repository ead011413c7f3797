import { type Data, digest, type FleetSpec, type Resource, type ScopeRecord } from "@machinist/core";
import type { PlanBasis } from "./plan.ts";

/** What a plan depends on besides what was seen. Digests only: a spec may hold secrets. */
export function basisOf(spec: FleetSpec, wanted: readonly Resource[], records: readonly ScopeRecord[]): PlanBasis {
  return {
    spec: digestOf(spec),
    wanted: Object.fromEntries(wanted.map((resource) => [resource.id, digestOf(resource)])),
    records: Object.fromEntries(records.map((record) => [record.scope, digestOf(withoutStates(record))])),
  };
}

/** States are what was seen last; a plan has what it saw itself. */
function withoutStates(record: ScopeRecord): unknown {
  const resources = Object.values(record.resources).map(({ state: _, intentAt: __, ...rest }) => rest);
  return { ...record, resources };
}

/** Of what JSON keeps of a value. */
const digestOf = (value: unknown): string => digest(JSON.parse(JSON.stringify(value)) as Data);
