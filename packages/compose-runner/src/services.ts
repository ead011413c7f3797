import type { ComposeWait } from "@machinist/core";

/** One service of a project, as its containers are: the worst of them. */
export type ServiceState = {
  name: string;
  /** As docker says it: `running`, `restarting`, `exited`, … */
  state: string;
  /** Empty where there is no check. */
  health: string;
  /** The code of one that has ended. */
  exit: number;
  containers: number;
  /** How often docker has started its containers again, all together. */
  restarts: number;
  /** For how long the youngest that runs has been running, in ms, by the host's clock; -1 where none runs. */
  ageMs: number;
};
/** What a service should be: as docker compose on the machine reads the files. */
export type ServiceWanted = {
  name: string;
  replicas: number;
  /** How often it had been restarted when it was last seen to last. */
  restarts: number;
};
export type ProjectState = { name: string; digest: string; services: ServiceState[]; wanted: ServiceWanted[] };
export type Services = Pick<ProjectState, "services" | "wanted">;

/** How bad each state is; of several containers of one service the worst is told. */
const ORDER = ["running", "exited", "created", "paused", "restarting", "removing", "dead"];

/**
 * From READ_PROJECT's lines: service, oneoff, state, health, exit code, restarts and when it was started, in tabs, after a
 * first line with the host's time.
 */
export function servicesOf([now = "", ...lines]: readonly string[]): ServiceState[] {
  const services = new Map<string, ServiceState>();
  for (const line of lines) {
    const [name = "", oneoff, state = "", health = "", exit = "", restarts = "", started = ""] = line.split("\t");
    if (name === "" || oneoff === "True") continue;
    const ageMs = state === "running" ? Math.max(0, Number(now) * 1000 - Date.parse(started)) || 0 : -1;
    const one = { name, state, health, exit: Number(exit), containers: 1, restarts: Number(restarts), ageMs };
    const before = services.get(name);
    services.set(name, before === undefined ? one : together(before, one));
  }
  return [...services.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function together(a: ServiceState, b: ServiceState): ServiceState {
  const ages = [a.ageMs, b.ageMs].filter((age) => age >= 0);
  return {
    ...(badness(b) > badness(a) ? b : a),
    containers: a.containers + b.containers,
    restarts: a.restarts + b.restarts,
    ageMs: ages.length === 0 ? -1 : Math.min(...ages),
  };
}

const badness = ({ state, health, exit }: ServiceState): number =>
  ORDER.indexOf(state) * 4 + (exit === 0 ? 0 : 2) + (health === "" || health === "healthy" ? 0 : 1);

export const serviceOf = (state: Pick<Services, "services">, name: string): ServiceState | undefined =>
  state.services.find((service) => service.name === name);

export const hasEndedWell = ({ state, exit }: ServiceState): boolean => state === "exited" && exit === 0;

/** One that has not crashed for so long has recovered, whatever it did before. Ms. */
const RECOVERED_MS = 10 * 60_000;

/** Docker had to start it again since it was last seen to last, and not long ago. */
const hasCrashed = ({ restarts, ageMs }: ServiceState, wanted: ServiceWanted): boolean =>
  restarts > wanted.restarts && ageMs < RECOVERED_MS;

/** What is wrong with a service that should be there by now, in a few words; undefined where nothing is. */
export function faultOf(state: Services, wanted: ServiceWanted, wait?: ComposeWait): string | undefined {
  const { name, replicas } = wanted;
  const service = serviceOf(state, name);
  if (service === undefined) return replicas === 0 ? undefined : `${name} is not there`;
  if (service.containers !== replicas) return `${name} has ${service.containers} containers instead of ${replicas}`;
  if (hasEndedWell(service)) return undefined;
  if (service.state === "exited") return `${name} exited with ${service.exit}`;
  if (wait === "completed" || (service.state !== "running" && service.state !== "restarting"))
    return `${name} is ${service.state}`;
  const crashes = service.restarts - wanted.restarts;
  if (hasCrashed(service, wanted))
    return `${name} has crashed ${crashes === 1 ? "once" : `${crashes} times`} since the last up`;
  return undefined;
}

/** What is still missing, in a few words. */
export function waitingFor(state: Services, wait?: ComposeWait): string | undefined {
  for (const { name, replicas } of state.wanted) {
    const service = serviceOf(state, name);
    if (service === undefined || service.containers < replicas) {
      if (replicas > 0) return `${name} to start`;
      continue;
    }
    if (hasEndedWell(service)) continue;
    if (service.state === "exited") return `${name}, which exited with ${service.exit}`;
    if (service.state !== "running") return `${name}, which is ${service.state}`;
    if (wait === "completed") return `${name} to end`;
    if (wait !== "started" && service.health !== "" && service.health !== "healthy")
      return `${name}, which is ${service.health}`;
  }
  return undefined;
}

/** A service that has ended badly, and that nothing starts again. */
export const failed = ({ services, wanted }: Services): ServiceState | undefined =>
  services.find(
    ({ name, state, exit }) =>
      wanted.some((each) => each.name === name) && (state === "dead" || (state === "exited" && exit !== 0)),
  );
