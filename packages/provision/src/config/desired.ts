import type { Pair } from "../certs/index.ts";
import { daemonKeys, type EngineProps, labelList } from "../engine-props.ts";
import type { Facts } from "../host/facts.ts";
import { daemonEntry, merge, readDaemonJson, refuseFlagKeys } from "./daemon-json.ts";
import { sha256 } from "./digest.ts";
import { AS_IT_IS, type Entry, fileEntry } from "./entry.ts";
import { ENVIRONMENT_PATH, environmentText } from "./environment-file.ts";
import { type ContainerFate, lendLiveRestore } from "./keep-containers.ts";
import { type Marker, markerEntry, readMarker } from "./marker.ts";
import { OPENRC_PATH, withOpenrcBlock } from "./openrc.ts";
import { actionFor, type ServiceAction, strongest } from "./reload.ts";
import {
  CA_PATH,
  DOCKER_MACHINE_DROP_IN,
  DROP_IN_PATH,
  EARLIER_DROP_IN,
  isDockerMachines,
  SERVER_CERT_PATH,
  SERVER_KEY_PATH,
} from "./systemd-unit.ts";
import { unitText } from "./unit.ts";

export interface Change {
  readonly entries: readonly Entry[];
  /** `reread`: the service manager is told that its files changed, and Docker is left alone. */
  readonly action: ServiceAction | "reread";
  /** What dockerd must have taken over of live-restore before it is restarted; empty: nothing is asked of it. */
  readonly told: "true" | "false" | "";
  /** Sentences for the log. */
  readonly notes: readonly string[];
}

export interface Wanted {
  readonly props: EngineProps;
  readonly address: string;
  readonly owner: string;
  /** Server pair to put in place; undefined where the one on the host is good. */
  readonly certificates?: Pair;
  /** Certificates of those who may be clients, to put in place; undefined where the host trusts them and no others. */
  readonly trusted?: string;
  /** What a restart should do to containers that run; undefined: what it does. */
  readonly containers?: ContainerFate;
}

/** What must be written, and what dockerd needs to take it over. Throws `provision.daemon-json`. */
export function change(facts: Facts, wanted: Wanted): Change {
  const { props, address, owner, certificates, trusted, containers } = wanted;
  const user = readDaemonJson(facts.files["daemon-json"]);
  refuseFlagKeys(user);
  const before = readMarker(facts.files.marker);
  const merged = merge(user, daemonKeys(props), labelList(props), before);
  const unit = unitEntries(facts, props, address);
  const pems = [...(trusted ? [fileEntry(CA_PATH, "600", trusted)] : []), ...pairEntries(certificates)];
  const action = strongest(
    actionFor(merged.changed, merged.daemon),
    unit.length > 0 || pems.length > 0 || !facts.active || !facts.enabled || facts.stale ? "restart" : "none",
    before?.pending ?? "none",
  );
  const marker: Marker = { version: 1, owner, machine: props.machine, ...merged.owned };
  const daemons = { before: user, after: merged.daemon, keys: marker.keys };
  const own = facts.service.flags.includes("live-restore");
  const lent =
    action === "restart" && containers && !own ? lendLiveRestore(containers, facts.active, daemons) : undefined;
  // Until it is done, what is being taken out is ours as well: a run after a killed one would take it for the user's.
  const owed: Marker = {
    ...marker,
    keys: { ...before?.keys, ...(lent?.keys ?? marker.keys) },
    labels: [...new Set([...(before?.labels ?? []), ...marker.labels])],
  };
  const pending = action === "none" ? [] : [markerEntry("pending", { ...owed, pending: action })];
  const json = lent?.during ?? (merged.changed.length === 0 ? undefined : merged.daemon);
  return {
    entries: [
      ...pending,
      ...(lent?.entries ?? []),
      ...pems,
      ...(json ? [daemonEntry("file", json)] : []),
      ...unit,
      ...(lent ? [daemonEntry("final", merged.daemon)] : []),
      markerEntry("final", marker),
    ],
    action,
    told: lent?.told ?? "",
    notes: merged.notes,
  };
}

function unitEntries(facts: Facts, props: EngineProps, address: string): Entry[] {
  const { init, service, dockerd = "/usr/bin/dockerd" } = facts;
  const text = unitText(props, { init, baseExec: service.exec, dockerd, address });
  const environment = environmentEntries(facts, environmentText(props));
  if (init === "openrc") {
    const whole = withOpenrcBlock(facts.files.openrc, text);
    return [...environment, ...(whole === facts.files.openrc ? [] : [fileEntry(OPENRC_PATH, AS_IT_IS, whole)])];
  }
  const superseded = [
    ...(isDockerMachines(facts.files["docker-machine"]) ? [DOCKER_MACHINE_DROP_IN] : []),
    ...(facts.files["earlier-drop-in"] === undefined ? [] : [EARLIER_DROP_IN]),
  ];
  return [
    ...environment,
    ...(facts.files["drop-in"] === text ? [] : [fileEntry(DROP_IN_PATH, "644", text)]),
    ...superseded.map((path) => fileEntry(path, "644", undefined)),
  ];
}

function environmentEntries({ envDigest, envMode }: Facts, text: string | undefined): Entry[] {
  const isSo = text === undefined ? envDigest === undefined : envDigest === sha256(text) && envMode === "600";
  return isSo ? [] : [fileEntry(ENVIRONMENT_PATH, "600", text)];
}

const pairEntries = (pair: Pair | undefined): Entry[] =>
  pair ? [fileEntry(SERVER_CERT_PATH, "600", pair.cert), fileEntry(SERVER_KEY_PATH, "600", pair.key)] : [];
