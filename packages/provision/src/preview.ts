import type { Data, Json, PlannedUpdate, UpdatePreview } from "@machinist/core";
import { hasHostname, uncovered } from "./drift.ts";
import { effectOf, installs, moving } from "./effect.ts";
import { daemonKeys, type EngineProps, propOfKey } from "./engine-props.ts";
import type { EngineState } from "./engine-state.ts";
import { refusal } from "./refusal.ts";

/** What an update would mean for Docker and for what runs on it. */
export function preview({ state, props, changed }: PlannedUpdate<EngineProps, EngineState>): UpdatePreview {
  const refused = refusal(state, props);
  const seen = seenValues(state, props);
  if (refused !== undefined) return { refused: refused.message, code: refused.code, actual: seen };
  const notes = notesOn(state, props);
  return { how: howApplied(state, props, changed), actual: seen, ...(notes.length > 0 ? { notes } : {}) };
}

function howApplied(state: EngineState, props: EngineProps, changed: readonly string[]): string {
  if (installs(state, props)) return `install Docker ${props.version}, restart (containers stop)`;
  const effect = effectOf(state, props, changed);
  if (effect === "none") return "in place (containers untouched)";
  if (effect === "reload") return "reload (containers untouched)";
  if (!state.running) return "start";
  return `restart (containers ${state.swarm || moving(state, props).length > 0 ? "stop" : "kept"})`;
}

function notesOn(state: EngineState, props: EngineProps): string[] {
  const moved = moving(state, props);
  const names = uncovered(state, props);
  return [
    ...moved.map(
      (key) => `With another ${key} Docker does not see the images and containers it has; they stay on disk`,
    ),
    ...(props.hostname && !hasHostname(state, props) ? [`Its hostname is ${state.hostname}`] : []),
    ...(names.length > 0 && state.certProblem === "" ? [`A new server certificate covers ${names.join(", ")}`] : []),
  ];
}

/** Real values by the names that `drift` uses, as far as they may be shown. */
function seenValues(state: EngineState, props: EngineProps): Data {
  const keys = [...Object.keys(daemonKeys(props)), ...state.ownKeys];
  const values = keys.flatMap((key): [string, Json][] => {
    if (propOfKey(key) === "options") return [];
    if (!(key in state.keys)) return [[propOfKey(key), null]];
    return key in state.values ? [[propOfKey(key), state.values[key]!]] : [];
  });
  const options = seenOptions(state, props);
  return {
    ...Object.fromEntries(values),
    ...(options ? { options } : {}),
    labels: seenLabels(state, props),
    ...(state.certProblem === "" ? {} : { certificates: state.certProblem }),
    ...(props.hostname && !hasHostname(state, props) ? { hostname: false } : {}),
    ...(state.version === "" ? {} : { version: state.version }),
    sans: state.certSans.filter((name) => name !== state.address),
    running: state.running,
    verified: state.verified,
  };
}

/** The declared ones of the other keys, where all of them may be shown. */
function seenOptions(state: EngineState, props: EngineProps): Data | undefined {
  const declared = Object.keys(props.options ?? {});
  const own = state.ownKeys.filter((key) => propOfKey(key) === "options");
  const keys = [...new Set([...declared, ...own])].filter((key) => key in state.keys);
  if (keys.some((key) => !(key in state.values))) return undefined;
  return Object.fromEntries(keys.map((key) => [key, state.values[key]!]));
}

/** The labels that we declared, or that bear the name of one we want. */
function seenLabels(state: EngineState, props: EngineProps): Data {
  const pairs = state.labels.map((label): [string, string] => {
    const at = label.indexOf("=");
    return at < 0 ? [label, ""] : [label.slice(0, at), label.slice(at + 1)];
  });
  const owned = new Set(state.ownLabels.map((label) => label.split("=", 1)[0]));
  return Object.fromEntries(pairs.filter(([name]) => name in props.labels || owned.has(name)));
}
