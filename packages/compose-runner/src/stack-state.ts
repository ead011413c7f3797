import type { PlannedUpdate, UpdatePreview } from "@machinist/core";
import type { StackProps } from "./plan.ts";
import type { SeenService, StackLook } from "./stack-read.ts";

/**
 * `running` of `wanted` tasks; a job counts what it has completed. `differs`: what has become of it outside machinist, as it
 * follows its name.
 */
export type StackService = { name: string; running: number; wanted: number; differs?: string[] };
export type StackState = { name: string; digest: string; services: StackService[] };

export function stateOf(name: string, { digest, services, deployed, tasks }: StackLook): StackState {
  return {
    name,
    digest,
    services: services.map((service) => {
      const differs = differences(service, { deployed, tasks });
      const { name: own, running, wanted } = service;
      return { name: own, running, wanted, ...(differs.length === 0 ? {} : { differs }) };
    }),
  };
}

function differences(service: SeenService, { deployed, tasks }: Pick<StackLook, "deployed" | "tasks">): string[] {
  const before = deployed.get(service.name);
  const { update, spec, replicas } = service;
  const found: string[] = [];
  if (before !== undefined) {
    const isRolledBack = update?.state.startsWith("rollback_") === true;
    if (spec !== "" && before.spec !== "" && spec !== before.spec)
      found.push(isRolledBack ? "was rolled back" : "was changed by hand");
    if (replicas !== undefined && before.replicas !== undefined && replicas !== before.replicas)
      found.push(`was scaled to ${replicas}, and ${before.replicas} were deployed`);
  }
  if (update?.state === "paused" || update?.state === "rollback_paused") found.push("has an update that Swarm stopped");
  const failed = tasks.find((task) => task.service === service.name && task.lately);
  if (failed !== undefined && !service.job) found.push(`failed since: ${failed.error || failed.state}`);
  else if (failed !== undefined && service.running < service.wanted)
    found.push(`failed: ${failed.error || failed.state}`);
  return found;
}

const serviceOf = (state: StackState, name: string): StackService | undefined =>
  state.services.find((service) => service.name === name);

/** `digest`, `services` for those that are missing, and `service NAME` for each that is not as it was deployed. */
export const driftOf = (state: StackState, props: StackProps): string[] => [
  ...(state.digest === props.digest ? [] : ["digest"]),
  ...(props.services.some((name) => serviceOf(state, name) === undefined) ? ["services"] : []),
  ...state.services.filter(({ differs }) => differs !== undefined).map(({ name }) => `service ${name}`),
];

export function previewOf({ state, changed }: PlannedUpdate<StackProps, StackState>): UpdatePreview {
  const notes = state.services
    .filter(({ name }) => changed.includes(`service ${name}`))
    .flatMap(({ name, differs }) => (differs === undefined ? [] : [`${name} ${differs.join(", and it ")}`]));
  return notes.length === 0 ? {} : { notes };
}

/** Which services a deployment has changed, those that were not well before it among them. */
export function changedServices(now: StackLook, before: StackLook, props: StackProps): Set<string> {
  const well = new Map(stateOf(props.name, before).services.map((service) => [service.name, service]));
  const names = now.services.map(({ name }) => name);
  return new Set(
    [...new Set([...names, ...props.services])].filter((name) => {
      const [service, was, noted] = [
        now.services.find((each) => each.name === name),
        well.get(name),
        before.deployed.get(name),
      ];
      if (service === undefined || was === undefined || noted === undefined) return true;
      if (was.differs !== undefined || was.running < was.wanted || service.running < service.wanted) return true;
      return service.spec !== noted.spec || service.replicas !== noted.replicas || service.update !== undefined;
    }),
  );
}

export function waitingFor(state: StackState, props: StackProps): string | undefined {
  const missing = props.services.find((name) => serviceOf(state, name) === undefined);
  if (missing !== undefined) return `${missing} to be made`;
  const short = state.services.filter(({ running, wanted }) => running < wanted);
  return short.length === 0
    ? undefined
    : short.map(({ name, running, wanted }) => `${name} ${running}/${wanted}`).join(", ");
}
