import { asMachinistError, type Data, type Endpoint, type Json } from "@machinist/core";
import { canonicalName, expiresWithin, fingerprintsIn, inspect, RENEW_DAYS, signedBy } from "./certs/index.ts";
import { readDaemonJson, refuseFlagKeys } from "./config/daemon-json.ts";
import { digestOf, sha256 } from "./config/digest.ts";
import { type Marker, readMarker } from "./config/marker.ts";
import { openrcBlockOf } from "./config/openrc.ts";
import { shownValues } from "./config/shown-values.ts";
import { isDockerMachines } from "./config/systemd-unit.ts";
import type { Facts } from "./host/facts.ts";

/** What was seen of Docker on a host. Holds digests where contents might be secret. */
export type EngineState = {
  /** `tcp://HOST:PORT` by the host's present address. */
  url: string;
  /** The address of the host as it is reached now. */
  address: string;
  version: string;
  apiVersion: string;
  /** The engine's own id. */
  daemonId: string;
  /** Its storage driver and data root, as it says. */
  storage: string;
  root: string;
  os: string;
  hostname: string;
  /** dockerd runs. */
  running: boolean;
  /** It starts with the system. */
  enabled: boolean;
  /** It answered over mutual TLS when this was last tried. */
  verified: boolean;
  /** Digest of everything of ours in the configuration. */
  configDigest: string;
  /** ISO 8601; empty without a certificate. */
  certExpires: string;
  certSans: string[];
  /** SHA-256 of the CA certificate on the host; empty without one. */
  caFingerprint: string;
  /** SHA-256 of each certificate that the engine trusts, sorted: CAs, and people with access. */
  trusted: string[];
  /** It trusts whom it should trust, and nobody else. */
  trustsRightly: boolean;
  /** The machine's folder here holds the store's present CA and client pair. */
  copied: boolean;
  /** Why the certificates on the host are not good for this store; empty where they are. */
  certProblem: string;
  /** A run was cut off between writing the configuration and Docker taking it over. */
  pending: boolean;
  init: string;
  dockerd: string;
  /** Size and time of dockerd. */
  binary: string;
  /** How the service manager starts dockerd without us; see {@link Service}. */
  baseExec: string;
  flags: string[];
  /** Why ours cannot be laid over that, and what to do about it; empty where it can. */
  unitProblem: { message: string; hint: string } | null;
  /** Digest of our drop-in or block; empty without one. */
  unit: string;
  /** Digest of the file with the daemon's environment, as far as only root can read it; empty without one. */
  environment: string;
  /** Where dockerd's effective command line listens by TCP. */
  listens: string;
  /** A drop-in that ours takes the place of is still there: docker-machine's, or one of ours by its earlier name. */
  superseded: boolean;
  /** Digests of the keys in daemon.json. */
  keys: { [key: string]: string };
  /** Values of keys that hold no secrets, to be shown. */
  values: { [key: string]: Json };
  /** Digests of the user's own values that ours took the place of. */
  was: { [key: string]: string };
  /** Why nothing can be merged into daemon.json as it is; empty where it can. */
  daemonProblem: string;
  /** It is a node of a Swarm. */
  swarm: boolean;
  /** The keys of daemon.json that are ours. */
  ownKeys: string[];
  labels: string[];
  ownLabels: string[];
};

/** What is known here, on this side, of a machine's certificates. */
export interface LocalCertificates {
  /** The store's CA certificate; the one that signs first. */
  readonly ca: string | undefined;
  /** Whom the machine's engine should trust. */
  readonly trusted: string | undefined;
  /** See {@link EngineState.copied}. */
  readonly copied: boolean;
  /** SHA-256 of the text of the machine's server-key.pem. */
  readonly keyDigest: string | undefined;
}

/** The state as far as the host's files tell it; version, id and verification are another's to add. */
export function observe(facts: Facts, endpoint: Endpoint, port: number, local: LocalCertificates): EngineState {
  const address = canonicalName(endpoint.host);
  const marker = readMarker(facts.files.marker);
  const { daemon, problem } = readableDaemonJson(facts.files["daemon-json"]);
  const keys = Object.fromEntries(Object.entries(daemon).map(([key, value]) => [key, digestOf(value)]));
  const unit = facts.init === "openrc" ? openrcBlockOf(facts.files.openrc) : facts.files["drop-in"];
  const labels = Array.isArray(daemon.labels) ? daemon.labels.map(String) : [];
  const ownKeys = Object.keys(marker?.keys ?? {});
  const own = Object.fromEntries(ownKeys.map((key) => [key, keys[key] ?? ""]));
  return {
    // dockerd listens on `port`; a NAT may show it at another.
    url: engineUrl(endpoint.host, endpoint.forwards?.[port] ?? port),
    address,
    version: "",
    apiVersion: "",
    daemonId: "",
    storage: facts.info?.storage ?? "",
    root: facts.info?.root ?? "",
    os: `${facts.os.id} ${facts.os.version}`.trim(),
    hostname: facts.hostname,
    running: facts.active,
    enabled: facts.enabled,
    verified: false,
    configDigest: digestOf([unit ?? "", own, [...labels], facts.envDigest ?? ""]),
    ...seenCertificates(facts, local),
    ...seenTrust(facts, local),
    copied: local.copied,
    pending: marker?.pending !== undefined || facts.stale,
    init: facts.init,
    dockerd: facts.dockerd ?? "",
    binary: facts.binary,
    baseExec: facts.service.exec,
    flags: [...facts.service.flags],
    unitProblem: facts.service.problem ?? null,
    unit: unit === undefined ? "" : sha256(unit),
    environment: facts.envMode === "600" ? (facts.envDigest ?? "") : (facts.envMode ?? ""),
    listens: facts.init === "openrc" ? "" : (/-H (tcp:\/\/\S+)/.exec(facts.exec)?.[1] ?? ""),
    superseded: isDockerMachines(facts.files["docker-machine"]) || facts.files["earlier-drop-in"] !== undefined,
    keys,
    values: shownValues(daemon),
    was: replacedBy(marker),
    daemonProblem: problem,
    swarm: facts.swarm,
    ownKeys,
    labels,
    ownLabels: [...(marker?.labels ?? [])],
  };
}

/** Whether a host holds an engine that this owner configured. */
export function configuredBy(facts: Facts, owner: string): boolean {
  return facts.dockerd !== undefined && markerOf(facts)?.owner === owner;
}

export const markerOf = (facts: Facts): Marker | undefined => readMarker(facts.files.marker);

export const engineUrl = (host: string, port: number): string =>
  `tcp://${host.includes(":") ? `[${host}]` : host}:${port}`;

type CertificateState = Pick<EngineState, "certExpires" | "certSans" | "caFingerprint" | "certProblem">;

function seenCertificates(facts: Facts, local: LocalCertificates): CertificateState {
  const { ca, server } = facts.files;
  const none = { certExpires: "", certSans: [], caFingerprint: "" };
  if (ca === undefined || server === undefined || facts.keyDigest === undefined)
    return { ...none, certProblem: "missing" };
  try {
    const seen = inspect(server);
    const state = {
      certExpires: seen.expires,
      certSans: [...seen.sans],
      caFingerprint: inspect(ca).fingerprint,
    };
    if (local.ca === undefined || !signedBy(server, local.ca)) return { ...state, certProblem: "of another authority" };
    if (local.keyDigest !== undefined && local.keyDigest !== facts.keyDigest)
      return { ...state, certProblem: "without its key" };
    if (facts.keyMode !== "600") return { ...state, certProblem: "readable by others" };
    return { ...state, certProblem: expiresWithin(seen, RENEW_DAYS) ? "about to end" : "" };
  } catch {
    return { ...none, certProblem: "unreadable" };
  }
}

function replacedBy(marker: Marker | undefined): { [key: string]: string } {
  const entries = Object.entries(marker?.keys ?? {});
  return Object.fromEntries(entries.flatMap(([key, { was }]) => (was === undefined ? [] : [[key, digestOf(was)]])));
}

function seenTrust(facts: Facts, { trusted }: LocalCertificates): Pick<EngineState, "trusted" | "trustsRightly"> {
  const seen = fingerprintsIn(facts.files.ca ?? "");
  const wanted = fingerprintsIn(trusted ?? "");
  return { trusted: seen, trustsRightly: seen.length > 0 && seen.join() === wanted.join() };
}

function readableDaemonJson(text: string | undefined): { readonly daemon: Data; readonly problem: string } {
  try {
    const daemon = readDaemonJson(text);
    try {
      refuseFlagKeys(daemon);
      return { daemon, problem: "" };
    } catch (thrown) {
      return { daemon, problem: asMachinistError(thrown).message };
    }
  } catch (thrown) {
    return { daemon: {}, problem: asMachinistError(thrown).message };
  }
}
