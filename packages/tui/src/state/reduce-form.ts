import { openForm } from "./form.ts";
import type { FormInput } from "./input.ts";
import { replaced } from "./reduce-list.ts";
import { atStart } from "./rows.ts";
import { type State, topOf } from "./state.ts";

/** The form for new machines: opened, and filled in field by field. */
export function reduceForm(state: State, input: FormInput): State {
  if (input.type === "open-form") {
    const form = openForm(input.drivers);
    const below = state.screens.filter(({ name }) => name !== "form");
    return { ...state, screens: [...below, { name: "form", form, place: atStart }] };
  }
  const top = topOf(state);
  if (top.name !== "form") return state;
  const { form } = top;
  // Another driver has options of its own; what is the machine's stays.
  if (input.field === "driver")
    return replaced(state, { ...top, form: { ...form, driver: input.value ?? form.driver } });
  const { [input.field]: _, ...others } = form.values;
  const values = input.value === undefined ? others : { ...others, [input.field]: input.value };
  return replaced(state, { ...top, form: { ...form, values } });
}
