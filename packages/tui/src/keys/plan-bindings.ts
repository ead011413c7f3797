import { agreed, changesOf, planSummary } from "../state/plan-rows.ts";
import { type State, topOf } from "../state/state.ts";
import { type Binding, note } from "./binding.ts";

/** A manifest's plan, and its way to be done. */
export const planBindings: readonly Binding[] = [
  {
    keys: ["u"],
    what: "apply the plan (asks first)",
    short: "apply",
    where: "plan",
    changes: true,
    inputs: doPlan,
  },
  {
    keys: ["p"],
    what: "re-plan",
    short: "re-plan",
    where: "plan",
    inputs: (state) => {
      const top = topOf(state);
      return top.name === "plan" ? [{ type: "effect", effect: { what: "plan", file: top.view.file } }] : [];
    },
  },
];

function doPlan(state: State): ReturnType<Binding["inputs"]> {
  const top = topOf(state);
  if (top.name !== "plan") return [];
  const { view } = top;
  if (changesOf(view.plan).length === 0) return [note("Nothing is to be done")];
  const saved = agreed(view, state.now);
  const effect = { what: "up", spec: view.spec, ...(saved === undefined ? {} : { plan: saved }) } as const;
  return [
    {
      type: "ask",
      question: { title: `Bring ${view.spec.name} up?`, lines: planSummary(view.plan, view.warnings), effect },
    },
  ];
}
