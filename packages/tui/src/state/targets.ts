import { currentRow } from "./current-list.ts";
import { fleetKey, groupOf, shownMachines } from "./machine-rows.ts";
import type { Container } from "./rows.ts";
import { type Machine, type State, topOf } from "./state.ts";
import { naturally } from "./table.ts";

/** The machine that is looked at, or is under the cursor; undefined on a fleet's heading. */
export function currentMachine(state: State): Machine | undefined {
  const top = topOf(state);
  if (top.name === "machine" || top.name === "log") return state.machines.get(top.machine);
  if (top.name !== "machines") return undefined;
  const row = currentRow(state);
  return row === undefined ? undefined : state.machines.get(row.key);
}

/** What an act on machines works on: those marked, or the one that is looked at, or a fleet's under its heading. */
export function targets(state: State): Machine[] {
  const top = topOf(state);
  if (top.name !== "machines") return [currentMachine(state)].filter((machine) => machine !== undefined);
  if (state.marked.size > 0)
    return [...state.machines.values()]
      .filter(({ name }) => state.marked.has(name))
      .sort((a, b) => naturally(a.name, b.name));
  const row = currentRow(state);
  if (row === undefined) return [];
  const one = state.machines.get(row.key);
  return one === undefined ? headed(state, row.key) : [one];
}

/** The machines under a heading. */
export const headed = (state: State, key: string): Machine[] =>
  shownMachines(state)
    .filter((machine) => fleetKey(groupOf(machine)) === key)
    .sort((a, b) => naturally(a.name, b.name));

/** The container under the cursor, or whose log is shown. */
export function currentContainer(state: State): Container | undefined {
  const top = topOf(state);
  if (top.name === "log") return top.container;
  return top.name === "machine" && top.tab === "containers" ? currentRow(state)?.container : undefined;
}
