import { currentRow } from "../state/current-list.ts";
import { tabs } from "../state/screens.ts";
import type { SortKey } from "../state/sort.ts";
import { type State, topOf } from "../state/state.ts";
import type { Binding } from "./binding.ts";
import { containerBindings } from "./container-bindings.ts";
import { formBindings } from "./form-bindings.ts";
import { machineBindings } from "./machine-bindings.ts";
import { planBindings } from "./plan-bindings.ts";

/** Capital letters sort, as in k9s; what has none is sorted by with `:sort`. */
const sortLetters: readonly (readonly [by: SortKey, letter: string])[] = [
  ["name", "N"],
  ["state", "S"],
  ["address", "A"],
  ["driver", "D"],
  ["docker", "V"],
  ["containers", "C"],
  ["certificate", "E"],
];

const moving: readonly Binding[] = [
  { keys: ["j", "down"], what: "down", where: "lists", inputs: () => [{ type: "move", by: 1 }] },
  { keys: ["k", "up"], what: "up", where: "lists", inputs: () => [{ type: "move", by: -1 }] },
  { keys: ["ctrl-f", "pgdn"], what: "a page down", where: "lists", inputs: () => [{ type: "page", by: 1 }] },
  { keys: ["ctrl-b", "pgup"], what: "a page up", where: "lists", inputs: () => [{ type: "page", by: -1 }] },
  { keys: ["g", "home"], what: "to the start", where: "lists", inputs: () => [{ type: "jump", to: "start" }] },
  { keys: ["G", "end"], what: "to the end", where: "lists", inputs: () => [{ type: "jump", to: "end" }] },
];

const general: readonly Binding[] = [
  { keys: ["?"], what: "this help", short: "help", where: "anywhere", inputs: () => [{ type: "help" }] },
  {
    keys: [":"],
    what: "type a command (tab completes it)",
    short: "command",
    where: "anywhere",
    inputs: () => [{ type: "prompt", kind: "command" }],
  },
  {
    keys: ["esc", "h", "left"],
    what: "back; else no marks; else no filter",
    where: "anywhere",
    inputs: () => [{ type: "back" }],
  },
  {
    keys: ["R"],
    what: "refresh all machines now",
    where: "anywhere",
    inputs: () => [{ type: "effect", effect: { what: "refresh" } }],
  },
  { keys: ["q"], what: "back, or quit", short: "quit", where: "anywhere", inputs: quitOrBack },
  { keys: ["ctrl-c"], what: "quit", where: "anywhere", inputs: leave },
  {
    keys: ["ctrl-z"],
    what: "suspend; `fg` comes back",
    where: "anywhere",
    inputs: () => [{ type: "effect", effect: { what: "suspend" } }],
  },
];

function quitOrBack(state: State): ReturnType<Binding["inputs"]> {
  return state.screens.length > 1 ? [{ type: "back" }] : leave(state);
}

/** What is under way would stop halfway: that is asked about, once. */
export function leave({ works, question }: State): ReturnType<Binding["inputs"]> {
  const quit = { what: "quit" } as const;
  if (works.length === 0 || question?.effect.what === "quit") return [{ type: "effect", effect: quit }];
  const lines = [...works.map(({ words }) => `${words}: stops in order`), "Completed steps are kept."];
  return [{ type: "ask", question: { title: "Leave while this is under way?", lines, effect: quit } }];
}

const inMachines: readonly Binding[] = [
  {
    keys: ["enter", "l", "right"],
    what: "open a machine; fold a fleet",
    short: "open",
    where: "machines",
    inputs: (state) => {
      const row = currentRow(state);
      if (row === undefined) return [];
      if (row.heading !== undefined) return [{ type: "fold" }];
      return [{ type: "open-machine", machine: row.key, tab: "resources" }];
    },
  },
  {
    keys: ["n"],
    what: "new machines: a form with the driver's options",
    short: "new",
    where: "machines",
    changes: true,
    inputs: () => [{ type: "effect", effect: { what: "new" } }],
  },
  {
    keys: ["/"],
    what: "filter: words that must match, !word must not",
    short: "filter",
    where: "machines",
    inputs: () => [{ type: "prompt", kind: "filter" }],
  },
  {
    keys: ["space"],
    what: "mark a machine, or a whole fleet",
    short: "mark",
    where: "machines",
    inputs: () => [{ type: "mark" }],
  },
  { keys: ["*"], what: "mark all that are shown", where: "machines", inputs: () => [{ type: "mark-all" }] },
  { keys: ["z"], what: "fold or unfold the fleet", where: "machines", inputs: () => [{ type: "fold" }] },
  ...sortLetters.map(
    ([by, letter]): Binding => ({
      keys: [letter],
      what: `sort by ${by}; again: the other way`,
      where: "machines",
      inputs: () => [{ type: "sort", by }],
    }),
  ),
];

const inMachine: readonly Binding[] = [
  ...tabs.map(
    (tab, index): Binding => ({
      keys: [String(index + 1)],
      what: tab,
      where: "machine",
      inputs: () => [{ type: "tab", tab }],
    }),
  ),
  {
    keys: ["tab", "]", "right"],
    what: "the next part",
    short: "next",
    where: "machine",
    inputs: (state) => turned(state, 1),
  },
  { keys: ["shift-tab", "[", "left"], what: "the part before", where: "machine", inputs: (state) => turned(state, -1) },
];

function turned(state: State, by: number): ReturnType<Binding["inputs"]> {
  const top = topOf(state);
  if (top.name !== "machine") return [];
  const index = (tabs.indexOf(top.tab) + by + tabs.length) % tabs.length;
  return [{ type: "tab", tab: tabs[index]! }];
}

const inLog: readonly Binding[] = [
  { keys: ["f"], what: "follow, or stay", short: "follow", where: "log", inputs: () => [{ type: "follow" }] },
];

/** Every key, in the order of the help. */
export const bindings: readonly Binding[] = [
  ...general,
  ...moving,
  ...inMachines,
  ...machineBindings,
  ...inMachine,
  ...containerBindings,
  ...inLog,
  ...formBindings,
  ...planBindings,
];
