import type { PlannedChange } from "./plan.ts";

const KINDS = ["compose.project", "swarm.stack"];
const NOTE =
  "Not checked before there is a machine: whether images can be pulled, and external networks and volumes are there";

/** Says at the first project or stack of a machine that is not there yet what nobody could look at. */
export function withUnchecked(changes: readonly PlannedChange[]): PlannedChange[] {
  const made = new Set(changes.filter(({ action }) => action === "create").map(({ id }) => id));
  const first = changes.find(
    ({ kind, action, needs = [] }) => KINDS.includes(kind) && action === "create" && made.has(needs[0] ?? ""),
  );
  return changes.map((change) => (change === first ? { ...change, notes: [...(change.notes ?? []), NOTE] } : change));
}
