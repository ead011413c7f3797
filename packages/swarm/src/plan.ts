import type { FleetSpec, MachineSpec, Resource, SwarmSpec } from "@machinist/core";
import { fleetScope, MachinistError } from "@machinist/core";

/** What is wanted of a cluster: who its managers are, and where it begins. */
export type ClusterProps = {
  managers: string[];
  first: string;
  /** Address or interface the first manager is reached at; absent: as the wiring knows it. */
  advertise?: string;
  /** Managers that start need its unlock key. Absent: as it is. */
  autolock?: boolean;
};

/** What is wanted of one machine's membership. */
export type MemberProps = {
  machine: string;
  role: "manager" | "worker";
  labels: { [key: string]: string };
  availability: "active" | "pause" | "drain";
  advertise?: string;
};

type Member = MachineSpec & { readonly swarm: SwarmSpec };

export const clusterId = (fleet: string): string => `${fleetScope(fleet)}/swarm`;
export const memberId = (machine: string): string => `${machine}/swarm`;
const engineId = (machine: string): string => `${machine}/engine`;

/**
 * The Swarm of a fleet: one `swarm.cluster` and a `swarm.member` per machine with a `swarm`; nothing where there is none. Pure. Throws
 * `swarm.no-manager` where workers have nobody to join and `swarm.no-engine` where a member has no Docker.
 */
export function planSwarm(spec: FleetSpec): Resource[] {
  const members = spec.machines.filter((machine): machine is Member => machine.swarm !== undefined);
  if (members.length === 0) return [];
  const without = members.find((member) => member.engine === false);
  if (without !== undefined)
    throw new MachinistError(
      "swarm.no-engine",
      `${without.name} is to join a Swarm but has no Docker (engine: false)`,
      {
        hint: "Remove engine: false, or its swarm role",
      },
    );
  const managers = members.filter((member) => member.swarm.role === "manager");
  const [first] = managers;
  if (first === undefined)
    throw new MachinistError("swarm.no-manager", `Fleet ${spec.name} has Swarm workers but no manager`, {
      hint: "Give one machine (or three) swarm: manager.",
    });
  const cluster: ClusterProps = {
    managers: managers.map((manager) => manager.name),
    first: first.name,
    ...(first.swarm.advertise === undefined ? {} : { advertise: first.swarm.advertise }),
    ...(spec.swarm?.autolock === undefined ? {} : { autolock: spec.swarm.autolock }),
  };
  return [
    {
      id: clusterId(spec.name),
      kind: "swarm.cluster",
      props: cluster,
      parents: [],
      after: managers.map((manager) => engineId(manager.name)),
    },
    ...members.map((member) => planMember(spec, member, managers.length)),
  ];
}

function planMember({ name: fleet, swarm: settings }: FleetSpec, { name, swarm }: Member, managers: number): Resource {
  const props: MemberProps = {
    machine: name,
    role: swarm.role,
    labels: { ...swarm.labels },
    availability: swarm.availability ?? "active",
    ...(swarm.advertise === undefined ? {} : { advertise: swarm.advertise }),
  };
  const all = { name: clusterId(fleet), limit: settings?.maxUnavailable ?? 1 };
  // However many may be away, the managers that stay are a majority.
  const ruling = { name: `${clusterId(fleet)}/managers`, limit: Math.max(1, Math.floor((managers - 1) / 2)) };
  return {
    id: memberId(name),
    kind: "swarm.member",
    props,
    parents: [engineId(name), clusterId(fleet)],
    rolling: swarm.role === "manager" ? [ruling, all] : [all],
  };
}
