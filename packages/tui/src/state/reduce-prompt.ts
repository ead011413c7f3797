import type { PromptInput } from "./input.ts";
import { reduceList } from "./reduce-list.ts";
import type { State } from "./state.ts";

/** The line at the bottom. A filter works while it is typed; what it was before is lost only when it is kept. */
export function reducePrompt(state: State, input: PromptInput): State {
  switch (input.type) {
    case "prompt":
      return { ...state, prompt: { kind: input.kind, text: input.kind === "filter" ? state.filter : "" } };
    case "prompt-field":
      return { ...state, prompt: { kind: "field", text: input.text, field: input.field, label: input.label } };
    case "typed": {
      const { prompt } = state;
      if (prompt === undefined || prompt.text === input.text) return state;
      const next = { ...state, prompt: { ...prompt, text: input.text } };
      return prompt.kind === "filter" ? reduceList(next, { type: "filter", text: input.text }) : next;
    }
    case "prompt-end": {
      const { prompt, ...rest } = state;
      if (prompt === undefined) return state;
      return prompt.kind === "filter" && !input.keep ? reduceList(rest, { type: "filter", text: "" }) : rest;
    }
  }
}
