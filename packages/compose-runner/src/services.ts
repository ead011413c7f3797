import type { ComposeWait } from "@machinist/core";
import type { ProjectProps } from "./plan.ts";

/** One service of a project: the worst of its containers. `exit` is the code of one that has ended. */
export type ServiceState = { name: string; state: string; health: string; exit: number };
export type ProjectState = { name: string; digest: string; services: ServiceState[] };

/** How bad each state is; of several containers of one service the worst is told. */
const ORDER = ["running", "exited", "created", "paused", "restarting", "removing", "dead"];

export function servicesOf(lines: readonly string[]): ServiceState[] {
  const worst = new Map<string, ServiceState>();
  for (const line of lines) {
    const [name = "", oneoff, state = "", status = ""] = line.split("\t");
    if (name === "" || oneoff === "True") continue;
    const health = /\((?:health: )?(healthy|unhealthy|starting)\)/.exec(status)?.[1] ?? "";
    const seen: ServiceState = { name, state, health, exit: Number(/\((\d+)\)/.exec(status)?.[1] ?? 0) };
    const before = worst.get(name);
    if (before === undefined || badness(seen) > badness(before)) worst.set(name, seen);
  }
  return [...worst.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const badness = ({ state, health, exit }: ServiceState): number =>
  ORDER.indexOf(state) * 4 + (exit === 0 ? 0 : 2) + (health === "" || health === "healthy" ? 0 : 1);

export const serviceOf = (state: Pick<ProjectState, "services">, name: string): ServiceState | undefined =>
  state.services.find((service) => service.name === name);

const hasEndedWell = ({ state, exit }: ServiceState): boolean => state === "exited" && exit === 0;

/** Running, on its way, or a job that has ended well. */
export const isFine = (service: ServiceState | undefined, wait?: ComposeWait): boolean =>
  service !== undefined &&
  (hasEndedWell(service) || (wait !== "completed" && (service.state === "running" || service.state === "restarting")));

/** What is still missing, in a few words. */
export function waitingFor(
  state: Pick<ProjectState, "services">,
  props: Pick<ProjectProps, "services" | "wait">,
): string | undefined {
  for (const name of props.services) {
    const service = serviceOf(state, name);
    if (service === undefined) return `${name} to start`;
    if (hasEndedWell(service)) continue;
    if (service.state === "exited") return `${name}, which exited with ${service.exit}`;
    if (service.state !== "running") return `${name}, which is ${service.state}`;
    if (props.wait === "completed") return `${name} to end`;
    if (props.wait !== "started" && service.health !== "" && service.health !== "healthy")
      return `${name}, which is ${service.health}`;
  }
  return undefined;
}

/** A job that has ended badly, and that nothing starts again. */
export const failedJob = (
  { services }: Pick<ProjectState, "services">,
  props: Pick<ProjectProps, "services">,
): ServiceState | undefined =>
  services.find(
    ({ name, state, exit }) =>
      props.services.includes(name) && (state === "dead" || (state === "exited" && exit !== 0)),
  );
