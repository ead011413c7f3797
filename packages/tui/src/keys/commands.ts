import type { PowerAction } from "@machinist/core";
import type { Input } from "../state/input.ts";
import { type Tab, tabs } from "../state/screens.ts";
import { type SortKey, sortKeys } from "../state/sort.ts";
import { type State, type ThemeName, themeNames } from "../state/state.ts";
import { currentMachine } from "../state/targets.ts";
import { note } from "./binding.ts";
import { powered, removal } from "./machine-bindings.ts";

/** A word that can be typed after `:`. */
export interface Command {
  readonly name: string;
  readonly argument?: string;
  readonly what: string;
  readonly changes?: true;
  /** Values of the argument, for completion. */
  readonly values?: (state: State) => readonly string[];
  readonly inputs: (state: State, argument: string) => readonly Input[];
}

const powers: readonly PowerAction[] = ["start", "stop", "restart", "kill"];

export const commands: readonly Command[] = [
  { name: "machines", what: "the list of machines", inputs: () => [{ type: "home" }] },
  {
    name: "go",
    argument: "NAME",
    what: "to a machine",
    values: ({ machines }) => [...machines.keys()],
    inputs: ({ machines }, name) =>
      machines.has(name) ? [{ type: "go-to", key: name }] : [note(`There is no machine ${name}`, "warn")],
  },
  ...tabs.map((tab): Command => ({ name: tab, what: `${tab} of the machine`, inputs: (state) => opened(state, tab) })),
  ...powers.map(
    (action): Command => ({
      name: action,
      what: `${action} machines`,
      changes: true,
      inputs: (state) => powered(state, action),
    }),
  ),
  {
    name: "plan",
    argument: "FILE",
    what: "what a manifest would change; u then does it (default: the one of this folder)",
    inputs: (_, file) => [{ type: "effect", effect: { what: "plan", file } }],
  },
  {
    name: "create",
    what: "new machines: a form with the driver's options",
    changes: true,
    inputs: () => [{ type: "effect", effect: { what: "new" } }],
  },
  { name: "remove", what: "remove machines", changes: true, inputs: removal },
  {
    name: "sort",
    argument: "COLUMN",
    what: `sort by ${sortKeys.join(", ")}`,
    values: () => sortKeys,
    inputs: (_, by) => (isOneOf(sortKeys, by) ? [{ type: "sort", by: by satisfies SortKey }] : wrong(by, sortKeys)),
  },
  {
    name: "filter",
    argument: "WORDS",
    what: "show machines that match",
    inputs: (_, text) => [{ type: "home" }, { type: "filter", text }],
  },
  {
    name: "theme",
    argument: "NAME",
    what: `colours: ${themeNames.join(", ")}`,
    values: () => themeNames,
    inputs: (_, name) =>
      isOneOf(themeNames, name) ? [{ type: "theme", name: name satisfies ThemeName }] : wrong(name, themeNames),
  },
  {
    name: "refresh",
    what: "refresh all machines now",
    inputs: () => [{ type: "effect", effect: { what: "refresh" } }],
  },
  { name: "help", what: "keys and commands", inputs: () => [{ type: "help" }] },
  { name: "quit", what: "leave", inputs: () => [{ type: "effect", effect: { what: "quit" } }] },
];

function opened(state: State, tab: Tab): readonly Input[] {
  const machine = currentMachine(state);
  if (machine === undefined) return [note("Move the cursor to a machine first", "warn")];
  return [{ type: "open-machine", machine: machine.name, tab }];
}

const isOneOf = <T extends string>(all: readonly T[], word: string): word is T =>
  (all as readonly string[]).includes(word);

const wrong = (word: string, all: readonly string[]): readonly Input[] => [
  note(`${word === "" ? "Nothing" : JSON.stringify(word)} is none of ${all.join(", ")}`, "warn"),
];

/** What a typed line asks for; the shortest beginning that only one command has will do. */
export function commandInputs(state: State, line: string): readonly Input[] {
  const [word = "", ...rest] = line.trim().split(/\s+/);
  if (word === "") return [];
  const found =
    commands.find(({ name }) => name === word) ?? only(commands.filter(({ name }) => name.startsWith(word)));
  if (found === undefined) return [note(`There is no command ${word}; ? lists them`, "warn")];
  if (found.changes && state.readOnly) return [refusal(found.name)];
  return found.inputs(state, rest.join(" "));
}

export const refusal = (what: string): Input => note(`Read-only: ${what} is not done here`, "warn");

/** The line with its last word completed as far as it can only mean one thing. */
export function completed(state: State, line: string): string {
  const space = line.indexOf(" ");
  if (space === -1) {
    const names = commands.map(({ name }) => name).filter((name) => name.startsWith(line));
    return names.length === 0 ? line : `${commonStart(names)}${names.length === 1 ? " " : ""}`;
  }
  const command = commands.find(({ name }) => name === line.slice(0, space));
  const typed = line.slice(space + 1);
  const values = command?.values?.(state).filter((value) => value.startsWith(typed)) ?? [];
  return values.length === 0 ? line : `${line.slice(0, space + 1)}${commonStart(values)}`;
}

const only = <T>(all: readonly T[]): T | undefined => (all.length === 1 ? all[0] : undefined);

function commonStart(words: readonly string[]): string {
  let start = words[0] ?? "";
  for (const word of words) while (!word.startsWith(start)) start = start.slice(0, -1);
  return start;
}
