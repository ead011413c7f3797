import { type FleetSpec, type Resource, scopeOf } from "@machinist/core";

/**
 * Compose projects in their order: after those that they name, and after the Swarm or, unless they say so, before it. A
 * machine joins when its own projects are up, and all that a manager's wait for. `all` is changed where it has to wait.
 */
export function inOrder(spec: FleetSpec, projects: readonly Resource[], all: Resource[]): Resource[] {
  const members = all.filter(({ kind }) => kind === "swarm.member").map(({ id }) => id);
  const idsOf = (name: string) => projects.filter((_, index) => spec.compose[index]?.name === name).map(({ id }) => id);
  const early = projects.filter((_, index) => !spec.compose[index]?.afterSwarm);
  for (const [index, resource] of all.entries()) {
    if (resource.kind !== "swarm.member" && resource.kind !== "swarm.cluster") continue;
    const managers = resource.props.managers;
    const machines = Array.isArray(managers) ? managers : [scopeOf(resource.id)];
    const before = early.filter((project) => machines.includes(scopeOf(project.id))).map((project) => project.id);
    all[index] = { ...resource, after: [...(resource.after ?? []), ...before] };
  }
  return projects.map((project, index) => {
    const { after = [], afterSwarm = false } = spec.compose[index] ?? {};
    const waits = [...new Set([...after.flatMap(idsOf), ...(afterSwarm ? members : [])])];
    return waits.length === 0 ? project : { ...project, after: waits };
  });
}
