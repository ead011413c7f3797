import { dockerOptions } from "@machinist/options";

/**
 * The keys of daemon.json that a running dockerd takes over on SIGHUP, when they are set: containers keep running. A key
 * that was taken out is not noticed, and everything else (TLS files, flags, environment) is read at start only.
 */
export const RELOADABLE: ReadonlySet<string> = new Set(
  dockerOptions.flatMap(({ daemonKey, reload }) => (daemonKey && reload ? [daemonKey] : [])),
);

export type ServiceAction = "none" | "reload" | "restart";

/** The least that makes dockerd take over changed keys of daemon.json. */
export function actionFor(changed: readonly string[], daemon: { readonly [key: string]: unknown }): ServiceAction {
  if (changed.length === 0) return "none";
  return changed.every((key) => RELOADABLE.has(key) && key in daemon) ? "reload" : "restart";
}

const weight: { readonly [action in ServiceAction]: number } = { none: 0, reload: 1, restart: 2 };

/** The stronger of several actions. */
export const strongest = (...actions: readonly ServiceAction[]): ServiceAction =>
  actions.reduce((most, action) => (weight[action] > weight[most] ? action : most), "none");
