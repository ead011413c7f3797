import type { Data } from "@machinist/core";
import { daemonEntry } from "./daemon-json.ts";
import type { Entry } from "./entry.ts";
import type { Marker } from "./marker.ts";

const KEY = "live-restore";

/** What a restart should do to containers that run. */
export type ContainerFate = "keep" | "end";

/** live-restore as Docker is to have it around a restart, whatever the user has it at otherwise. */
export interface Lent {
  /** What dockerd must say it is at before the restart; empty where it does not run. */
  readonly told: "true" | "false" | "";
  /** daemon.json for the restart itself. */
  readonly during: Data;
  /** More entries for the apply script. */
  readonly entries: readonly Entry[];
  /** What the marker says meanwhile: the key is ours, so that a run after a killed one takes it back. */
  readonly keys: Marker["keys"];
}

/**
 * A restart that leaves containers alone, or one that ends them even where the user has them kept. Undefined where that
 * is what happens anyway. `before` and `after` are daemon.json as it is and as it is to be, `keys` ours in the latter.
 */
export function lendLiveRestore(
  fate: ContainerFate,
  active: boolean,
  { before, after, keys }: { readonly before: Data; readonly after: Data; readonly keys: Marker["keys"] },
): Lent | undefined {
  const keep = fate === "keep";
  if (!keep && (before[KEY] !== true || !active)) return undefined;
  // Nobody lends to one that does not run: what it could not tell of a Swarm would keep it from starting.
  if (keep && !active && before[KEY] !== true) return undefined;
  const entry = (kind: "lend" | "undo" | "back", value: boolean, daemon: Data): Entry =>
    daemonEntry(kind, { ...daemon, [KEY]: value });
  const was = after[KEY];
  return {
    told: active ? (keep ? "true" : "false") : "",
    during: keep ? { ...after, [KEY]: true } : after,
    entries: [
      ...(active ? [entry("lend", keep, before)] : []),
      // A running dockerd does not notice that a key was taken out: it has to be told that it is off.
      ...(keep && before[KEY] !== true ? [entry("undo", false, before)] : []),
      ...(keep && was !== true ? [entry("back", false, after)] : []),
    ],
    keys: KEY in keys ? keys : { ...keys, [KEY]: was === undefined ? {} : { was } },
  };
}
