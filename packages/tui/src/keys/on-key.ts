import type { Input } from "../state/input.ts";
import type { Prompt, State } from "../state/state.ts";
import { placesOf } from "./binding.ts";
import { bindings } from "./bindings.ts";
import { commandInputs, completed, refusal } from "./commands.ts";
import type { Key } from "./decode.ts";

/** What a key means now. Pure. */
export function onKey(state: State, key: Key): readonly Input[] {
  if (key.name === "ctrl-z" || key.name === "ctrl-c") return bound(state, key);
  if (state.question !== undefined) return answered(state, key);
  if (state.prompt !== undefined) return typed(state, state.prompt, key);
  return bound(state, key);
}

/** Only `y` agrees; every other key is a no. */
function answered({ question }: State, key: Key): readonly Input[] {
  const effect = question!.effect;
  if (key.name === "y" || key.name === "Y") return [{ type: "answered" }, { type: "effect", effect }];
  return [{ type: "answered" }, { type: "notice", notice: { level: "info", text: "Nothing was changed" } }];
}

function typed(state: State, prompt: Prompt, key: Key): readonly Input[] {
  const { kind, text } = prompt;
  switch (key.name) {
    case "esc":
      return [{ type: "prompt-end", keep: false }];
    case "enter":
      return [{ type: "prompt-end", keep: true }, ...done(state, prompt)];
    case "backspace":
      return text === ""
        ? [{ type: "prompt-end", keep: false }]
        : [{ type: "typed", text: [...text].slice(0, -1).join("") }];
    case "ctrl-u":
      return [{ type: "typed", text: "" }];
    case "ctrl-w":
      return [{ type: "typed", text: text.replace(/\S*\s*$/, "") }];
    case "tab":
      return kind === "command" ? [{ type: "typed", text: completed(state, text) }] : [];
    case "up":
      return kind === "filter" ? [{ type: "move", by: -1 }] : [];
    case "down":
      return kind === "filter" ? [{ type: "move", by: 1 }] : [];
    default:
      return key.text === "" ? [] : [{ type: "typed", text: text + key.text }];
  }
}

/** What the line was typed for. An empty field has its default again. */
function done(state: State, { kind, text, field }: Prompt): readonly Input[] {
  if (kind === "command") return commandInputs(state, text);
  return field === undefined ? [] : [{ type: "field", field, ...(text === "" ? {} : { value: text }) }];
}

function bound(state: State, { name }: Key): readonly Input[] {
  for (const place of placesOf(state)) {
    const binding = bindings.find(({ keys, where }) => where === place && keys.includes(name));
    if (binding === undefined) continue;
    if (binding.changes && state.readOnly) return [refusal(binding.what)];
    return binding.inputs(state);
  }
  return [];
}
