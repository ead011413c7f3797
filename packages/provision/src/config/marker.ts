import type { Json } from "@machinist/core";
import type { Entry } from "./entry.ts";

/** Where the recipe leaves its mark on a host. */
export const MARKER_PATH = "/etc/docker/machinist.json";

/** Whose engine this is, and which parts of the user's files are ours: what must be known to take them back. */
export interface Marker {
  readonly version: 1;
  readonly owner: string;
  readonly machine: string;
  /** Our keys of daemon.json; `was` is the user's own value that ours took the place of. */
  readonly keys: { readonly [key: string]: { readonly was?: Json } };
  /** Our entries of daemon.json's labels. */
  readonly labels: readonly string[];
  /** Written before the files are changed and taken out when Docker runs with them: what a cut-off run still owes. */
  readonly pending?: "restart" | "reload";
}

export const writeMarker = (marker: Marker): string => `${JSON.stringify(marker, undefined, 2)}\n`;

/** `pending`: put in place before anything else is; `final`: after all else. */
export const markerEntry = (kind: "pending" | "final", marker: Marker): Entry => ({
  kind,
  path: MARKER_PATH,
  mode: "600",
  content: writeMarker(marker),
});

/** The marker in a file's text; undefined for what no recipe of ours wrote. */
export function readMarker(text: string | undefined): Marker | undefined {
  if (text === undefined) return undefined;
  try {
    const found = JSON.parse(text) as Partial<Marker> | null;
    if (typeof found?.owner !== "string" || typeof found.machine !== "string") return undefined;
    const { owner, machine, keys = {}, labels = [], pending } = found;
    return { version: 1, owner, machine, keys, labels, ...(pending ? { pending } : {}) };
  } catch {
    return undefined;
  }
}
