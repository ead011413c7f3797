import type { PlannedChange } from "@machinist/fleet";
import type { Mood, Row } from "./rows.ts";

/** What a look at each resource found, by its id. */
export const driftRows = (changes: readonly PlannedChange[]): Row[] =>
  changes.map((change) => ({ key: change.id, cells: [driftWord(change)], mood: moodOf(change) }));

function driftWord({ action, props, reason, drift }: PlannedChange): string {
  if (action === "none") return "none";
  if (action === "unknown") return reason ?? "not seen";
  if (action === "create") return "gone";
  if (action === "delete") return "to be removed";
  return drift ? props.join(", ") : `changed: ${props.join(", ")}`;
}

const moodOf = ({ action }: PlannedChange): Mood =>
  action === "none" ? "good" : action === "unknown" ? "faint" : action === "create" ? "bad" : "warn";
