import type { Data } from "@machinist/core";
import type { Facts } from "../host/facts.ts";
import { DAEMON_JSON_PATH, daemonEntry, readDaemonJson, unmerge, writeDaemonJson } from "./daemon-json.ts";
import type { Change } from "./desired.ts";
import { AS_IT_IS, type Entry, fileEntry } from "./entry.ts";
import { ENVIRONMENT_PATH } from "./environment-file.ts";
import { lendLiveRestore } from "./keep-containers.ts";
import { MARKER_PATH, type Marker, markerEntry, readMarker } from "./marker.ts";
import { OPENRC_PATH, openrcBlockOf, withOpenrcBlock } from "./openrc.ts";
import { CA_PATH, DROP_IN_PATH, EARLIER_DROP_IN, SERVER_CERT_PATH, SERVER_KEY_PATH } from "./systemd-unit.ts";

/** Keys of daemon.json that say where Docker keeps what it has: without them it would not see it any more. */
const PLACES = ["data-root", "storage-driver", "userns-remap"];

/** Files that are ours as a whole, but for the mark. */
const OURS = [DROP_IN_PATH, EARLIER_DROP_IN, ENVIRONMENT_PATH, CA_PATH, SERVER_CERT_PATH, SERVER_KEY_PATH];

/**
 * Take back what is ours, leaving Docker as it would run without us, and what it has in its sight. `keep`: Docker restarts,
 * and leaves running containers alone; `spare`: it does not restart at all; `restart`: nothing runs that could end.
 */
export function takenBack(facts: Facts, how: "keep" | "spare" | "restart"): Change {
  const marker = readMarker(facts.files.marker);
  const { daemon, staying, notes } = withoutOurs(facts.files["daemon-json"], marker);
  const files = OURS.map((path) => fileEntry(path, "", undefined));
  if (openrcBlockOf(facts.files.openrc))
    files.push(fileEntry(OPENRC_PATH, AS_IT_IS, withOpenrcBlock(facts.files.openrc, undefined)));
  const lent =
    how === "keep" && facts.active && daemon && !facts.service.flags.includes("live-restore")
      ? lendLiveRestore("keep", true, { before: daemon.before, after: daemon.after, keys: marker?.keys ?? {} })
      : undefined;
  return {
    entries: [
      // What is lent is ours, until the mark goes, last of all: who finishes a cut-off run finds it there.
      ...(lent && marker ? [markerEntry("pending", { ...marker, keys: lent.keys })] : []),
      ...(lent?.entries ?? []),
      ...(daemon ? [fileEntry(DAEMON_JSON_PATH, AS_IT_IS, writeDaemonJson(lent?.during ?? daemon.after))] : []),
      ...files,
      ...(lent && daemon ? [lastEntry(daemon.after)] : []),
      { kind: "drop", path: MARKER_PATH },
    ],
    action: facts.active && how !== "spare" ? "restart" : "reread",
    told: lent?.told ?? "",
    notes: [...notes, ...staying.map((key) => `${DAEMON_JSON_PATH}: ${key} stays, so that Docker sees what it has`)],
  };
}

function withoutOurs(text: string | undefined, marker: Marker | undefined) {
  const owned = marker ?? { keys: {}, labels: [] };
  const staying = PLACES.filter((key) => key in owned.keys);
  try {
    const before = readDaemonJson(text);
    return { daemon: { before, after: unmerge(before, owned, staying).daemon }, staying, notes: [] };
  } catch {
    return { daemon: undefined, staying: [], notes: [`${DAEMON_JSON_PATH} is not valid JSON and stays as it is`] };
  }
}

/** When Docker runs again, without what was lent. */
function lastEntry(daemon: Data): Entry {
  if (Object.keys(daemon).length > 0) return daemonEntry("final", daemon);
  return { kind: "drop", path: DAEMON_JSON_PATH, mode: AS_IT_IS };
}
