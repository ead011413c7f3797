import { digestOf } from "./config/digest.ts";
import { RELOADABLE, type ServiceAction, strongest } from "./config/reload.ts";
import { configurationDrift, isStarted, isVersion, uncovered } from "./drift.ts";
import { daemonKeys, type EngineProps, labelList } from "./engine-props.ts";
import type { EngineState } from "./engine-state.ts";

/** What Docker would have to do to take over what is wanted. `changed`: as `update` is told. */
export function effectOf(state: EngineState, props: EngineProps, changed: readonly string[]): ServiceAction {
  const renewed =
    changed.includes("certificates") ||
    state.certProblem !== "" ||
    !state.trustsRightly ||
    uncovered(state, props).length > 0;
  const unit = configurationDrift(state, props).includes("unit");
  return strongest(
    renewed || unit || !isStarted(state) || installs(state, props) ? "restart" : "none",
    ...keyActions(state, props),
    labelsDiffer(state, props) ? "reload" : "none",
  );
}

/** Whether another version of Docker has to be installed. */
export const installs = (state: EngineState, props: EngineProps): boolean =>
  props.version !== undefined && state.version !== "" && !isVersion(state.version, props.version);

const ROOT = "/var/lib/docker";

/** Keys of daemon.json that change where Docker looks for its containers: it would not see those it has. */
export function moving(state: EngineState, props: EngineProps): string[] {
  const wanted = daemonKeys(props);
  // With user namespaces a folder of their own below it is used.
  const present = state.root.replace(/\/\d+\.\d+$/, "");
  const root = wanted["data-root"] ?? (state.ownKeys.includes("data-root") ? ROOT : present);
  const driver = wanted["storage-driver"] ?? state.storage;
  const users = "userns-remap";
  const remapped = users in wanted ? state.keys[users] !== digestOf(wanted[users]!) : state.ownKeys.includes(users);
  return [
    ...(state.root !== "" && root !== present ? ["data-root"] : []),
    ...(state.storage !== "" && driver !== state.storage ? ["storage-driver"] : []),
    ...(state.root !== "" && remapped ? [users] : []),
  ];
}

function keyActions(state: EngineState, props: EngineProps): ServiceAction[] {
  const wanted = daemonKeys(props);
  const set = Object.entries(wanted)
    .filter(([key, value]) => state.keys[key] !== digestOf(value))
    .map(([key]) => taken(key));
  const given = state.ownKeys
    .filter((key) => !(key in wanted) && state.keys[key] !== state.was[key])
    // What was there before ours comes back; a key that goes altogether is not noticed by a running dockerd.
    .map((key) => (key in state.was ? taken(key) : "restart"));
  return [...set, ...given];
}

const taken = (key: string): ServiceAction => (RELOADABLE.has(key) ? "reload" : "restart");

function labelsDiffer(state: EngineState, props: EngineProps): boolean {
  const labels = labelList(props);
  const names = new Set(labels.map((label) => label.split("=", 1)[0]));
  return (
    labels.some((label) => !state.labels.includes(label)) ||
    state.labels.some(
      (label) => !labels.includes(label) && (state.ownLabels.includes(label) || names.has(label.split("=", 1)[0])),
    )
  );
}
