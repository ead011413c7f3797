import type { Data, Json } from "../contract/data.ts";
import { masked } from "../masked.ts";
import { changedKeys } from "../same.ts";

/** What becomes of one prop. Values are as they may be shown: secrets are masked. `null`: it is not set. */
export interface PropChange {
  /** Its name, or what else a kind's `drift` reports. */
  readonly prop: string;
  /** What it is now: as declared last or, where that drifted, as seen. Absent where that is not known. */
  readonly before?: Json;
  /** What is wanted. Absent for what is no prop. */
  readonly after?: Json;
  /** The real value is not what was declared last. */
  readonly drift: boolean;
}

/** Before and after of each prop that differs. `seen`: real values, as far as the kind tells them. */
export function propChanges(before: Data, after: Data, drifted: readonly string[], seen: Data = {}): PropChange[] {
  const props = [...new Set([...changedKeys(before, after), ...drifted])].sort();
  return props.map((prop) => {
    const drift = drifted.includes(prop);
    const now = prop in seen ? seen[prop] : drift ? undefined : (before[prop] ?? null);
    const declared = prop in before || prop in after;
    return {
      prop,
      ...(now === undefined ? {} : { before: masked(now, prop) }),
      ...(declared ? { after: masked(after[prop] ?? null, prop) } : {}),
      drift,
    };
  });
}
