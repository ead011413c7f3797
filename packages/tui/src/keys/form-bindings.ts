import { currentRow } from "../state/current-list.ts";
import {
  type Field,
  type Form,
  faultOf,
  fieldAt,
  fieldsOf,
  namesOf,
  nextValue,
  optionsOf,
  submitKey,
  wantsDocker,
} from "../state/form.ts";
import type { Input } from "../state/input.ts";
import { type State, topOf } from "../state/state.ts";
import { type Binding, note } from "./binding.ts";

/** The form for new machines. */
export const formBindings: readonly Binding[] = [
  {
    keys: ["enter", "right"],
    what: "fill in the field, or take its next value",
    short: "fill in",
    where: "form",
    inputs: (state) => (currentRow(state)?.key === submitKey ? submitted(state) : onField(state, filled)),
  },
  {
    keys: ["space"],
    what: "take the field's next value",
    short: "next value",
    where: "form",
    inputs: (state) => onField(state, filled),
  },
  {
    keys: ["backspace", "delete"],
    what: "back to the field's default",
    where: "form",
    inputs: (state) => onField(state, (_, { key }) => [{ type: "field", field: key }]),
  },
  {
    keys: ["ctrl-s"],
    what: "create what is filled in (asks first)",
    short: "create",
    where: "form",
    inputs: submitted,
  },
];

function onField(state: State, then: (form: Form, field: Field) => readonly Input[]): readonly Input[] {
  const top = topOf(state);
  if (top.name !== "form") return [];
  const field = fieldAt(top.form, currentRow(state)?.key ?? "");
  return field === undefined ? [] : then(top.form, field);
}

function filled(form: Form, field: Field): readonly Input[] {
  const next = nextValue(form, field);
  if (next !== undefined) return [{ type: "field", field: field.key, value: next }];
  return [{ type: "prompt-field", field: field.key, label: field.label, text: form.values[field.key] ?? "" }];
}

/** To the first field that is wrong; if none is, all of it is said before it is done. */
function submitted(state: State): readonly Input[] {
  const top = topOf(state);
  if (top.name !== "form") return [];
  const { form } = top;
  for (const field of fieldsOf(form)) {
    const fault = faultOf(form, field, (name) => state.machines.has(name));
    if (fault !== undefined) return [{ type: "go-to", key: field.key }, note(`${field.label}: ${fault}`, "warn")];
  }
  const names = namesOf(form);
  const options = optionsOf(form);
  const given = Object.entries(options).map(([name, value]) => `${name}: ${String(value)}`);
  const docker = wantsDocker(form);
  const lines = [
    `Driver ${form.driver}`,
    ...given,
    docker ? "Docker is installed." : "Without Docker.",
    "Where its provider charges for it, it costs from now on.",
  ];
  const title =
    names.length === 1 ? `Create ${names[0]}?` : `Create ${names.length} machines, ${names[0]} to ${names.at(-1)}?`;
  return [
    {
      type: "ask",
      question: { title, lines, effect: { what: "create", names, driver: form.driver, options, docker } },
    },
  ];
}
