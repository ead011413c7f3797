import { MachinistError } from "@machinist/core";
import type { Plan, SavedPlan } from "./plan.ts";

const FORMAT = "machinist.plan/1";

/** How a plan came to be. */
export interface PlanOrigin {
  readonly manifests: readonly string[];
  readonly machinist: string;
  readonly now: number;
}

/**
 * A plan as a file's text. Throws `plan.incomplete` for one that leaves open what would be done: nobody can agree to
 * that.
 */
export function encodePlan(plan: Plan, { manifests, machinist, now }: PlanOrigin): string {
  const open = plan.changes.filter(({ reason, refused }) => reason !== undefined || refused !== undefined);
  const [problem] = plan.problems ?? [];
  if (problem)
    throw new MachinistError("plan.incomplete", `The plan cannot be done: ${problem.message}`, {
      hint: "Correct that, then plan again. Nothing was saved.",
    });
  if (open.length > 0 || !plan.basis)
    throw new MachinistError("plan.incomplete", `The plan is not whole: ${open.map(({ id }) => id).join(", ")}`, {
      hint: "Correct what cannot be read or done, then plan again. Nothing was saved.",
    });
  const saved: SavedPlan = {
    format: FORMAT,
    machinist,
    madeAt: new Date(now).toISOString(),
    manifests,
    plan: { ...plan, basis: plan.basis },
  };
  return `${JSON.stringify(saved, undefined, 2)}\n`;
}

/** A plan from a file's text. Throws `plan.unreadable`, `plan.format`. */
export function decodePlan(text: string, path: string): SavedPlan {
  const found = parsed(text);
  if (typeof found?.format === "string" && found.format.startsWith("machinist.plan/") && found.format !== FORMAT)
    throw new MachinistError("plan.format", `${path} was saved by another version of machinist (${found.format})`, {
      hint: "Plan again with this one: machinist plan --out FILE",
    });
  if (!found || !isWhole(found))
    throw new MachinistError("plan.unreadable", `${path} does not hold a plan`, {
      hint: "Make one: machinist plan --out FILE. A manifest is given with -f.",
    });
  return found;
}

function parsed(text: string): Partial<SavedPlan> | undefined {
  try {
    const found = JSON.parse(text) as unknown;
    return typeof found === "object" && found !== null ? found : undefined;
  } catch {
    return undefined;
  }
}

/** It has the shape of what {@link encodePlan} wrote, as far as anybody relies on it. */
function isWhole(found: Partial<SavedPlan>): found is SavedPlan {
  const { format, manifests, plan } = found;
  const texts = (value: unknown): boolean =>
    typeof value === "object" && value !== null && Object.values(value).every((each) => typeof each === "string");
  return (
    format === FORMAT &&
    Array.isArray(manifests) &&
    texts(manifests) &&
    typeof plan?.fleet === "string" &&
    Array.isArray(plan.changes) &&
    plan.changes.every((change) => typeof change?.id === "string" && typeof change.action === "string") &&
    typeof plan.basis?.spec === "string" &&
    texts(plan.basis.wanted) &&
    texts(plan.basis.records)
  );
}
