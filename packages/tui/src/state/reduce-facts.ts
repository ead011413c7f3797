import { isDeepStrictEqual } from "node:util";
import type { KeptEvent } from "@machinist/fleet";
import { listHeight } from "./current-list.ts";
import { activityIn, machinesIn } from "./event-words.ts";
import type { FactInput } from "./input.ts";
import { withProgress } from "./reduce-plan.ts";
import type { LogScreen, Screen } from "./screens.ts";
import { type Machine, type State, wholeMinute, wholeSecond } from "./state.ts";

/** How many events and lines of a log are kept for looking at. */
export const mostEvents = 1000;
export const mostLines = 5000;

/** Events of a run that was killed have no end: after so long they say nothing of what is going on. */
const activityMs = 15 * 60_000;

/** Facts that feeds bring. What is known already changes nothing. */
export function reduceFact(state: State, input: FactInput): State {
  switch (input.type) {
    case "resized":
      return isDeepStrictEqual(input.size, state.size) ? state : { ...state, size: input.size };
    case "clock": {
      const now = isWatching(state) ? wholeSecond(input.now) : wholeMinute(input.now);
      return now === state.now ? state : { ...state, now };
    }
    case "names":
      return withNames(state, input.names);
    case "infos":
      return changed(
        state,
        input.infos.map((info) => [info.name, (machine) => without({ ...machine, info }, "broken")]),
      );
    case "broken":
      return changed(state, [[input.machine, (machine) => ({ ...machine, broken: input.message })]]);
    case "power":
      return changed(state, [[input.machine, (machine) => powered(machine, input)]]);
    case "engine":
      return changed(state, [
        [input.machine, (machine) => without({ ...machine, reach: "reached", engine: input.facts }, "refusal")],
      ]);
    case "no-engine":
      return changed(state, [
        [input.machine, (machine) => without({ ...machine, reach: "none" }, "refusal", "engine")],
      ]);
    case "unreachable":
      return changed(state, [
        [input.machine, (machine) => ({ ...machine, reach: "unreachable", refusal: input.message })],
      ]);
    case "use": {
      const { use } = input;
      return changed(state, [
        [input.machine, (machine) => (use === undefined ? without(machine, "use") : { ...machine, use })],
      ]);
    }
    case "costs":
      return changed(
        state,
        [...input.costs].map(([name, cost]) => [name, (machine) => ({ ...machine, cost })]),
      );
    case "journal":
      return withEvents(state, input.events);
    case "answer":
      return onScreens(state, (screen) => {
        if (screen.name !== "machine" || screen.machine !== input.machine) return screen;
        const rows = input.answer.failure === undefined ? input.answer.rows : (screen.answers[input.tab]?.rows ?? []);
        const answer = { ...input.answer, rows };
        if (isDeepStrictEqual(screen.answers[input.tab], answer)) return screen;
        return { ...screen, answers: { ...screen.answers, [input.tab]: answer } };
      });
    case "log":
      return onScreens(state, (screen) =>
        screen.name === "log" && screen.container.id === input.container
          ? withLines(screen, input.lines, listHeight(state.size))
          : screen,
      );
    case "log-ended":
      return onScreens(state, (screen) =>
        screen.name === "log" && screen.container.id === input.container ? { ...screen, ended: input.why } : screen,
      );
  }
}

function withNames(state: State, names: readonly string[]): State {
  const same = names.length === state.machines.size && names.every((name) => state.machines.has(name));
  if (same) return state.loaded ? state : { ...state, loaded: true };
  const machines = new Map(
    names.map((name): [string, Machine] => [
      name,
      state.machines.get(name) ?? { name, state: "unknown", reach: "unasked" },
    ]),
  );
  const marked = new Set([...state.marked].filter((name) => machines.has(name)));
  return { ...state, loaded: true, machines, marked };
}

type Change = readonly [name: string, change: (machine: Machine) => Machine];

/** Machines with these changes; the same state where all of them say what is known. */
function changed(state: State, changes: readonly Change[]): State {
  let machines: Map<string, Machine> | undefined;
  for (const [name, change] of changes) {
    const before = (machines ?? state.machines).get(name);
    if (before === undefined) continue;
    const after = change(before);
    if (isDeepStrictEqual(before, after)) continue;
    machines ??= new Map(state.machines);
    machines.set(name, after);
  }
  return machines === undefined ? state : { ...state, machines };
}

function without<Key extends "broken" | "refusal" | "engine" | "silent" | "activity" | "use">(
  machine: Machine,
  ...keys: readonly Key[]
): Machine {
  const rest: { -readonly [key in keyof Machine]?: Machine[key] } = { ...machine };
  for (const key of keys) delete rest[key];
  return rest as Machine;
}

function powered(machine: Machine, { state, silent }: Extract<FactInput, { type: "power" }>): Machine {
  const next = silent === undefined ? without({ ...machine, state }, "silent") : { ...machine, state, silent };
  // A machine without power has no engine that could be out of reach.
  return state === "stopped" || state === "missing"
    ? without({ ...next, reach: "unasked" }, "refusal", "engine", "use")
    : next;
}

function withEvents(state: State, events: readonly KeptEvent[]): State {
  if (events.length === 0) return state;
  const kept = [...state.events, ...events].slice(-mostEvents);
  const activities = new Map<string, string | undefined>();
  for (const event of events) {
    const activity = state.now - event.at > activityMs ? undefined : activityIn(event);
    if (activity === null) continue;
    for (const machine of machinesIn(event)) activities.set(machine, activity);
  }
  const changes = [...activities].map(
    ([name, activity]): Change => [
      name,
      (machine) => (activity === undefined ? without(machine, "activity") : { ...machine, activity }),
    ],
  );
  const seen = onScreens(changed(state, changes), (screen) => {
    if (screen.name !== "plan") return screen;
    const view = withProgress(screen.view, events);
    return view === screen.view ? screen : { ...screen, view };
  });
  return { ...seen, events: kept };
}

function onScreens(state: State, change: (screen: Screen) => Screen): State {
  const screens = state.screens.map(change);
  return screens.every((screen, index) => screen === state.screens[index]) ? state : { ...state, screens };
}

function withLines(screen: LogScreen, lines: readonly string[], height: number): LogScreen {
  const all = [...screen.lines, ...lines];
  const over = Math.max(0, all.length - mostLines);
  const kept = over === 0 ? all : all.slice(over);
  const top = screen.follow ? Math.max(0, kept.length - height) : Math.max(0, screen.top - over);
  return { ...screen, lines: kept, dropped: screen.dropped + over, top };
}

/** Whether something that is timed is under way on the screen: at rest nothing is drawn but once a minute. */
function isWatching({ screens }: State): boolean {
  const top = screens.at(-1);
  return top?.name === "plan" && Object.values(top.view.progress).some(({ ended }) => ended === undefined);
}
