import { canonicalName } from "./certs/index.ts";
import { digestOf, sha256 } from "./config/digest.ts";
import { environmentText } from "./config/environment-file.ts";
import { listenUrl } from "./config/systemd-unit.ts";
import { unitText } from "./config/unit.ts";
import { daemonKeys, type EngineProps, labelList, propOfKey } from "./engine-props.ts";
import type { EngineState } from "./engine-state.ts";

/**
 * What is not as declared: names of props, and `certificates` (missing, foreign, ending, not covering a name), `trust`
 * (whom the engine takes for a client), `copies` (of the client's certificates, here), `unit` (the drop-in, or what
 * overrides it), `running`, `verified`. Only what was declared is looked at.
 */
export function drift(state: EngineState, props: EngineProps): string[] {
  const found = new Set<string>([...configurationDrift(state, props)]);
  if (state.certProblem !== "") found.add("certificates");
  else if (uncovered(state, props).length > 0) found.add("sans");
  if (state.certProblem !== "missing" && !state.trustsRightly) found.add("trust");
  if (!state.copied) found.add("copies");
  if (props.hostname && !hasHostname(state, props)) found.add("hostname");
  if (props.version !== undefined && state.version !== "" && !isVersion(state.version, props.version))
    found.add("version");
  if (!isStarted(state)) found.add("running");
  if (!state.verified) found.add("verified");
  return [...found];
}

/** Names and addresses that the certificate should cover and does not. */
export const uncovered = (state: EngineState, props: EngineProps): string[] =>
  wantedSans(props, state.address).filter((name) => !state.certSans.includes(name));

/** The names of the server certificate: the declared ones and the present address. */
export const wantedSans = (props: EngineProps, address: string): string[] => [
  ...new Set([...props.sans, canonicalName(address)]),
];

export function configurationDrift(state: EngineState, props: EngineProps): string[] {
  const found: string[] = [];
  const wanted = daemonKeys(props);
  const environment = environmentText(props);
  const unitIsSo =
    state.unit === sha256(unitText(props, state)) &&
    state.environment === (environment === undefined ? "" : sha256(environment));
  if (!unitIsSo || state.superseded) found.push("unit");
  else if (state.init === "systemd" && !state.pending && state.listens !== listenUrl(props.port, state.address))
    found.push("unit");
  for (const [key, value] of Object.entries(wanted)) {
    if (state.keys[key] !== digestOf(value) || !state.ownKeys.includes(key)) found.push(propOfKey(key));
  }
  for (const key of state.ownKeys) if (!(key in wanted)) found.push(propOfKey(key));
  const labels = labelList(props);
  const complete = labels.every((label) => state.labels.includes(label) && state.ownLabels.includes(label));
  if (!complete || state.ownLabels.some((label) => !labels.includes(label))) found.push("labels");
  return found;
}

export const isStarted = (state: EngineState): boolean => state.running && state.enabled && !state.pending;

/** Names longer than a hostname may be are left to the provider. */
export const hasHostname = (state: EngineState, props: EngineProps): boolean =>
  props.machine.length > 63 || state.hostname.toLowerCase() === props.machine.toLowerCase();

/** Whether "26.1.5+dfsg1" is what "26.1" asks for. */
export const isVersion = (version: string, wanted: string): boolean =>
  version === wanted || (version.startsWith(wanted) && /^[.+~:-]/.test(version.slice(wanted.length)));
