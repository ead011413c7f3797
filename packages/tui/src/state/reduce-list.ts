import { currentRow, listHeight, placeAt, placeOf, settled, tableOf } from "./current-list.ts";
import type { ListInput } from "./input.ts";
import { fleetKey, groupOf, shownMachines } from "./machine-rows.ts";
import type { ListPosition } from "./rows.ts";
import type { LogScreen, Screen } from "./screens.ts";
import { type State, topOf } from "./state.ts";
import { headed } from "./targets.ts";

/** Moving in lists, marking, folding, sorting, filtering. */
export function reduceList(state: State, input: ListInput): State {
  switch (input.type) {
    case "move":
      return moved(state, (index) => index + input.by);
    case "page":
      return moved(state, (index) => index + input.by * Math.max(1, listHeight(state.size) - 1));
    case "jump":
      return moved(state, () => (input.to === "start" ? 0 : Number.MAX_SAFE_INTEGER));
    case "go-to":
      return goneTo(state, input.key);
    case "mark":
      return marked(state);
    case "mark-all":
      return { ...state, marked: new Set(shownMachines(state).map(({ name }) => name)) };
    case "fold":
      return folded(state);
    case "sort": {
      const again = state.sort.by === input.by;
      return { ...state, sort: { by: input.by, down: again && !state.sort.down } };
    }
    case "filter":
      return state.filter === input.text ? state : atTop({ ...state, filter: input.text });
  }
}

function moved(state: State, to: (index: number) => number): State {
  const top = topOf(state);
  if (top.name === "log") return replaced(state, scrolled(top, to, listHeight(state.size)));
  const { rows } = tableOf(state);
  const height = listHeight(state.size);
  const place = settled(top.place, rows, height);
  const next = placeAt(to(place.index), place.top, rows, height);
  return next.index === place.index && next.top === top.place.top ? state : placed(state, next);
}

/** A log is scrolled as a whole; at its end it is followed again. */
function scrolled(log: LogScreen, to: (top: number) => number, height: number): LogScreen {
  const last = Math.max(0, log.lines.length - height);
  const top = Math.max(0, Math.min(to(log.top), last));
  return { ...log, top, follow: top === last };
}

/** To a field of a form, or to a machine wherever it is: filter and folds give way. */
function goneTo(state: State, key: string): State {
  if (topOf(state).name === "form") {
    const { rows } = tableOf(state);
    return moved(state, () => rows.findIndex((row) => row.key === key));
  }
  const machine = state.machines.get(key);
  if (machine === undefined) return state;
  const shown = shownMachines(state).some(({ name }) => name === key);
  const open = new Set([...state.folded].filter((fleet) => fleet !== groupOf(machine)));
  const base: State = { ...state, folded: open, filter: shown ? state.filter : "", screens: [state.screens[0]!] };
  const { rows } = tableOf(base);
  return placed(
    base,
    placeAt(
      rows.findIndex((row) => row.key === key),
      placeOf(base).top,
      rows,
      listHeight(state.size),
    ),
  );
}

/** Mark what is under the cursor, or take its mark away, and go on to the next row. */
function marked(state: State): State {
  if (topOf(state).name !== "machines") return state;
  const row = currentRow(state);
  if (row === undefined) return state;
  const names = row.heading === undefined ? [row.key] : headed(state, row.key).map(({ name }) => name);
  const all = names.every((name) => state.marked.has(name));
  const next = new Set(state.marked);
  for (const name of names) {
    if (all) next.delete(name);
    else next.add(name);
  }
  return moved({ ...state, marked: next }, (index) => index + 1);
}

function folded(state: State): State {
  if (topOf(state).name !== "machines") return state;
  const row = currentRow(state);
  if (row === undefined) return state;
  const machine = state.machines.get(row.key);
  const fleet = machine === undefined ? row.key.slice(fleetKey("").length) : groupOf(machine);
  const next = new Set(state.folded);
  if (!next.delete(fleet)) next.add(fleet);
  const after = { ...state, folded: next };
  const { rows } = tableOf(after);
  const index = rows.findIndex(({ key }) => key === fleetKey(fleet));
  return placed(after, placeAt(index, placeOf(state).top, rows, listHeight(state.size)));
}

/** To the first machine, below its heading. */
function atTop(state: State): State {
  if (topOf(state).name !== "machines") return state;
  const { rows } = tableOf(state);
  const first = rows.findIndex(({ heading }) => heading === undefined);
  return placed(state, placeAt(first, 0, rows, listHeight(state.size)));
}

const placed = (state: State, place: ListPosition): State => {
  const top = topOf(state);
  return top.name === "log" ? state : replaced(state, { ...top, place });
};

/** The state with another screen on top in the place of the one there. */
export const replaced = (state: State, screen: Screen): State => ({
  ...state,
  screens: [...state.screens.slice(0, -1), screen],
});
