import { fit, widthOf } from "@machinist/terminal-text";
import { stateWord } from "../state/machine-rows.ts";
import { changesOf } from "../state/plan-rows.ts";
import { type PlanScreen, type Screen, tabs } from "../state/screens.ts";
import { type State, topOf } from "../state/state.ts";
import type { Paint } from "./theme.ts";

/** The first line: what there is, and how it stands. */
export function titleLine(state: State, paint: Paint): string {
  const { columns } = state.size;
  const left = ` machinist  ${countsOf(state)}`;
  const right = [
    state.marked.size > 0 ? `${state.marked.size} marked` : "",
    state.works.length > 0 ? `${state.works.length} under way` : "",
    state.readOnly ? "read-only" : "",
  ]
    .filter(Boolean)
    .join("  ");
  const room = columns - widthOf(right) - 2;
  return room < 12 ? paint("title", fit(left, columns)) : paint("title", `${fit(left, room)} ${right} `);
}

function countsOf({ machines, loaded }: State): string {
  if (!loaded) return "";
  const counts = new Map<string, number>();
  for (const machine of machines.values()) {
    const word = stateWord(machine);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const words = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([word, count]) => `${count} ${word}`);
  return [`${machines.size} ${machines.size === 1 ? "machine" : "machines"}`, ...words].join("  ");
}

/** The second line: where one is. */
export function wayLine(state: State, paint: Paint): string {
  const { columns } = state.size;
  const top = topOf(state);
  if (top.name !== "machine") return paint("faint", fit(` ${wayTo(state, top)}`, columns));
  const words = tabs.map((tab, index) => `${index + 1} ${tab}`);
  const name = ` ${top.machine}  `;
  const whole = widthOf(name) + words.join("  ").length;
  // Where not all parts have room, the one that is open is named, with the way to the others.
  if (whole > columns) return fit(`${name}${tabs.indexOf(top.tab) + 1} ${top.tab}  (1-9, tab: other parts)`, columns);
  const parts = words.map((word, index) => paint(tabs[index] === top.tab ? "cursor" : "faint", word));
  return `${paint("head", name)}${parts.join("  ")}${" ".repeat(columns - whole)}`;
}

function planWay({ view: { plan, file, progress } }: PlanScreen): string {
  const count = changesOf(plan).length;
  const what =
    Object.keys(progress).length > 0 ? "under way, or done" : count === 0 ? "no changes" : `${count} changes`;
  return `plan of ${plan.fleet}${file === "" ? "" : ` (${file})`}  ${what}`;
}

function wayTo(state: State, screen: Screen): string {
  if (screen.name === "help") return "Keys and commands";
  if (screen.name === "form") return "new machines";
  if (screen.name === "plan") return planWay(screen);
  if (screen.name === "log") {
    const how = screen.ended ?? (screen.follow ? "following" : "held; f follows");
    return `${screen.machine}  log of ${screen.container.name}  ${how}`;
  }
  return state.filter === "" ? "all machines" : `machines that match ${state.filter}`;
}
