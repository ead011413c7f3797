import { MachinistError, same } from "@machinist/core";
import type { Plan, PlannedChange, SavedPlan } from "./plan.ts";

/** How many differences are told. */
const MOST = 5;

/** Throws `plan.stale` where a plan of `fleet` that is made `again` differs from a saved one, saying in what. */
export async function refuseStale(saved: SavedPlan, fleet: string, again: () => Promise<Plan>): Promise<void> {
  const other = `it is of fleet ${saved.plan.fleet}, the manifest of ${fleet}`;
  const found = saved.plan.fleet === fleet ? differences(saved.plan, await again()) : [other];
  if (found.length === 0) return;
  const told = found.slice(0, MOST).join("; ");
  const more = found.length > MOST ? `; and ${found.length - MOST} more` : "";
  throw new MachinistError("plan.stale", `The plan does not fit any more: ${told}${more}`, {
    hint: "Nothing was changed. See what would be done now, and save it: machinist plan --out FILE",
  });
}

/** What differs between two plans, in a few words each. */
function differences(saved: SavedPlan["plan"], fresh: Plan): string[] {
  const { basis } = fresh;
  const spec = saved.basis.spec === basis?.spec ? [] : ["the manifest, or a variable that it uses, has changed"];
  const records = differing(saved.basis.records, basis?.records ?? {}).map((scope) => `the record of ${scope} changed`);
  const wanted = differing(saved.basis.wanted, basis?.wanted ?? {});
  const before = byId(saved.changes);
  const now = byId(fresh.changes);
  const seen = differing(before, now).filter((id) => !wanted.includes(id));
  return [
    ...spec,
    // Where the manifest is another, everything that follows from it is no news.
    ...(spec.length > 0 ? [] : wanted.map((id) => `something else is wanted of ${id}`)),
    ...records,
    ...seen.map((id) => `${id} is not as it was seen`),
  ];
}

const byId = (changes: readonly PlannedChange[]): { readonly [id: string]: PlannedChange } =>
  Object.fromEntries(changes.map((change) => [change.id, change]));

function differing<T>(a: { readonly [key: string]: T }, b: { readonly [key: string]: T }): string[] {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.filter((key) => !same(plain(a[key]), plain(b[key]))).sort();
}

/** As it comes back from a file. */
const plain = (value: unknown): ReturnType<typeof JSON.parse> =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));
