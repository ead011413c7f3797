import { type Data, type Json, MachinistError, same } from "@machinist/core";
import { FLAG_KEYS } from "../engine-props.ts";
import { AS_IT_IS, type Entry } from "./entry.ts";
import type { Marker } from "./marker.ts";
import { shownValues } from "./shown-values.ts";

export const DAEMON_JSON_PATH = "/etc/docker/daemon.json";

export interface Merge {
  readonly daemon: Data;
  /** What the marker should say of our keys afterwards. */
  readonly owned: Pick<Marker, "keys" | "labels">;
  /** The keys whose value is not what it was, labels included. */
  readonly changed: readonly string[];
  /** One sentence for each value of the user's that ours takes the place of. */
  readonly notes: readonly string[];
}

type Owned = Pick<Marker, "keys" | "labels">;
const nothing: Owned = { keys: {}, labels: [] };

/** The object in a host's daemon.json. Throws `provision.daemon-json` where dockerd could not read it either. */
export function readDaemonJson(text: string | undefined): Data {
  if (text === undefined || text.trim() === "") return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new MachinistError("provision.daemon-json", `${DAEMON_JSON_PATH} on the host is not valid JSON`, {
      cause,
      hint: `Repair or remove ${DAEMON_JSON_PATH} on the host. Nothing was changed.`,
    });
  }
  if (parsed === null || typeof parsed !== "object" || Array.isArray(parsed)) {
    throw new MachinistError("provision.daemon-json", `${DAEMON_JSON_PATH} on the host does not hold an object`, {
      hint: `Repair or remove ${DAEMON_JSON_PATH} on the host. Nothing was changed.`,
    });
  }
  return parsed as Data;
}

/** `undefined` for the empty object: then there is no file. */
export const writeDaemonJson = (daemon: Data): string | undefined =>
  Object.keys(daemon).length === 0 ? undefined : `${JSON.stringify(daemon, undefined, 2)}\n`;

/** daemon.json at one point of the apply script. */
export const daemonEntry = (kind: Entry["kind"], daemon: Data): Entry => ({
  kind,
  path: DAEMON_JSON_PATH,
  mode: AS_IT_IS,
  content: writeDaemonJson(daemon) ?? "{}\n",
});

/** Refuse what contradicts the flags that the recipe gives to dockerd, before anything is changed. */
export function refuseFlagKeys(daemon: Data): void {
  const found = FLAG_KEYS.filter((key) => key in daemon);
  if (found.length === 0) return;
  throw new MachinistError("provision.daemon-json", `${DAEMON_JSON_PATH} on the host sets ${found.join(", ")}`, {
    hint: `Remove ${found.length > 1 ? "them" : "it"} there: the TLS socket is opened by machinist, its port is engine.port. Nothing was changed.`,
  });
}

/**
 * Lay `wanted` over the user's file: their other keys stay, ours win and what they replace is remembered, ours that are
 * no longer wanted give way to what was there before. Labels are owned one by one.
 */
export function merge(user: Data, wanted: Data, labels: readonly string[], before: Owned = nothing): Merge {
  const daemon: { [key: string]: Json } = { ...user };
  const keys: { [key: string]: { was?: Json } } = {};
  const notes: string[] = [];
  for (const [key, { was }] of Object.entries(before.keys)) {
    if (key in wanted) continue;
    delete daemon[key];
    if (was !== undefined) daemon[key] = was;
  }
  for (const [key, value] of Object.entries(wanted)) {
    const theirs = key in before.keys ? before.keys[key]!.was : user[key];
    keys[key] = theirs === undefined ? {} : { was: theirs };
    if (!(key in before.keys) && key in user && !same(user[key]!, value)) {
      notes.push(`${DAEMON_JSON_PATH}: ${key} was ${shown(key, user[key]!)}, now ${shown(key, value)}`);
    }
    daemon[key] = value;
  }
  const own = mergeLabels(user.labels, labels, before.labels, notes);
  delete daemon.labels;
  if (own.all.length > 0) daemon.labels = own.all;
  const changed = [...new Set([...Object.keys(user), ...Object.keys(daemon)])].filter(
    (key) => !(key in user && key in daemon && same(user[key]!, daemon[key]!)),
  );
  return { daemon, owned: { keys, labels: own.ours }, changed, notes };
}

/** Take everything of ours out again, but for the keys that are to stay. */
export function unmerge(user: Data, before: Owned, staying: readonly string[] = []): Merge {
  const keys = Object.fromEntries(Object.entries(before.keys).filter(([key]) => !staying.includes(key)));
  return merge(user, {}, [], { ...before, keys });
}

function mergeLabels(
  user: Json | undefined,
  wanted: readonly string[],
  before: readonly string[],
  notes: string[],
): { all: string[]; ours: string[] } {
  const present = Array.isArray(user) ? user.filter((label) => typeof label === "string") : [];
  const ourNames = new Set(wanted.map(nameOf));
  const theirs = present.filter((label) => !before.includes(label));
  for (const label of theirs.filter((label) => ourNames.has(nameOf(label)) && !wanted.includes(label))) {
    notes.push(`${DAEMON_JSON_PATH}: the label ${label} is replaced`);
  }
  const kept = theirs.filter((label) => !ourNames.has(nameOf(label)));
  // Labels that are already there keep their place, so that a second run finds nothing to write.
  const all = present.filter((label) => kept.includes(label) || wanted.includes(label));
  return { all: [...all, ...wanted.filter((label) => !all.includes(label))], ours: [...wanted] };
}

/** A value for the log, which no secret gets into. */
function shown(key: string, value: Json): string {
  const values = shownValues({ [key]: value });
  return key in values ? JSON.stringify(values[key]) : "another value";
}

const nameOf = (label: string): string => label.split("=", 1)[0]!;
