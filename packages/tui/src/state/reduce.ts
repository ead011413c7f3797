import type { Input, WorkInput } from "./input.ts";
import { reduceFact } from "./reduce-facts.ts";
import { reduceForm } from "./reduce-form.ts";
import { reduceList } from "./reduce-list.ts";
import { reducePrompt } from "./reduce-prompt.ts";
import { reduceScreen } from "./reduce-screens.ts";
import type { State } from "./state.ts";

/** The next state. Pure; the same object comes back where nothing changed, so that nothing is drawn. */
export function reduce(state: State, input: Input): State {
  switch (input.type) {
    case "resized":
    case "clock":
    case "names":
    case "infos":
    case "broken":
    case "power":
    case "engine":
    case "no-engine":
    case "unreachable":
    case "use":
    case "costs":
    case "journal":
    case "answer":
    case "log":
    case "log-ended":
      return reduceFact(state, input);
    case "move":
    case "page":
    case "jump":
    case "go-to":
    case "mark":
    case "mark-all":
    case "fold":
    case "sort":
    case "filter":
      return reduceList(withoutNotice(state), input);
    case "open-machine":
    case "tab":
    case "open-log":
    case "open-plan":
    case "follow":
    case "help":
    case "back":
    case "home":
    case "theme":
      return reduceScreen(withoutNotice(state), input);
    case "open-form":
    case "field":
      return reduceForm(withoutNotice(state), input);
    case "prompt":
    case "prompt-field":
    case "typed":
    case "prompt-end":
      return reducePrompt(withoutNotice(state), input);
    default:
      return reduceWork(state, input);
  }
}

/** What was said is read by whoever goes on. */
function withoutNotice(state: State): State {
  if (state.notice === undefined) return state;
  const { notice: _, ...rest } = state;
  return rest;
}

function reduceWork(state: State, input: WorkInput): State {
  switch (input.type) {
    case "ask":
      return { ...withoutNotice(state), question: input.question };
    case "answered": {
      const { question: _, ...rest } = state;
      return rest;
    }
    case "notice":
      return { ...state, notice: input.notice };
    case "work": {
      const others = state.works.filter(({ id }) => id !== input.id);
      return { ...state, works: [...others, { id: input.id, words: input.words }] };
    }
    case "work-end":
      return {
        ...state,
        works: state.works.filter(({ id }) => id !== input.id),
        ...(input.notice === undefined ? {} : { notice: input.notice }),
      };
    case "effect":
      return state;
  }
}
