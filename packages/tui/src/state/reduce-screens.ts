import { listHeight } from "./current-list.ts";
import type { ScreenInput } from "./input.ts";
import { replaced } from "./reduce-list.ts";
import { atStart } from "./rows.ts";
import type { Screen } from "./screens.ts";
import { type State, topOf } from "./state.ts";

/** Screens opened, changed and left. */
export function reduceScreen(state: State, input: ScreenInput): State {
  switch (input.type) {
    case "open-machine": {
      const { machine, tab } = input;
      return opened(state, { name: "machine", machine, tab, place: atStart, answers: {} });
    }
    case "tab": {
      const top = topOf(state);
      if (top.name !== "machine" || top.tab === input.tab) return state;
      return replaced(state, { ...top, tab: input.tab, place: atStart });
    }
    case "open-log": {
      const { machine, container } = input;
      return opened(state, { name: "log", machine, container, lines: [], dropped: 0, follow: true, top: 0 });
    }
    case "open-plan":
      return opened(state, { name: "plan", view: input.view, place: atStart });
    case "follow":
      return followed(state);
    case "help":
      return topOf(state).name === "help" ? outOf(state) : opened(state, { name: "help", place: atStart });
    case "back":
      return back(state);
    case "home":
      return state.screens.length === 1 ? state : { ...state, screens: [state.screens[0]!] };
    case "theme":
      return state.theme === input.name ? state : { ...state, theme: input.name };
  }
}

/** A screen of the same sort is replaced: one step back leads out of it. */
function opened(state: State, screen: Screen): State {
  const below = topOf(state).name === screen.name ? state.screens.slice(0, -1) : state.screens;
  return { ...state, screens: [...below, screen] };
}

const outOf = (state: State): State => ({ ...state, screens: state.screens.slice(0, -1) });

function back(state: State): State {
  if (state.screens.length > 1) return outOf(state);
  if (state.marked.size > 0) return { ...state, marked: new Set() };
  return state.filter === "" ? state : { ...state, filter: "" };
}

function followed(state: State): State {
  const top = topOf(state);
  if (top.name !== "log") return state;
  const last = Math.max(0, top.lines.length - listHeight(state.size));
  return replaced(state, { ...top, follow: !top.follow, ...(top.follow ? {} : { top: last }) });
}
