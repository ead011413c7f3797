import type { SwarmNode } from "./api-types.ts";
import type { MemberProps } from "./plan.ts";

/** One membership as last seen. `status` is Swarm's word for the node; `reachability` is a manager's, empty for workers. */
export type MemberState = {
  nodeId: string;
  cluster: string;
  role: "manager" | "worker";
  availability: string;
  labels: { [key: string]: string };
  address: string;
  status: string;
  reachability: string;
  /** Its earlier memberships that the managers still list. */
  former?: string[];
  /** Keys of the labels that were set from here, so that one no longer declared can be taken away. */
  declared: string[];
};

/** Words of ours beside Swarm's for a node: its engine waits for the unlock key; it is in no Swarm though the managers list it. */
export const LOCKED = "locked";
export const LEFT = "left";

export const stateOfNode = (node: SwarmNode, cluster: string, declared: readonly string[]): MemberState => ({
  nodeId: node.ID,
  cluster,
  role: node.Spec.Role,
  availability: node.Spec.Availability,
  labels: { ...node.Spec.Labels },
  address: node.Status.Addr ?? "",
  status: node.Status.State,
  reachability: node.ManagerStatus?.Reachability ?? "",
  declared: [...declared],
});

/** Declared props whose real value differs; labels that others set are theirs. */
export function memberDrift(state: MemberState, props: MemberProps): string[] {
  const drifted: string[] = [];
  if (state.status === "pending") return drifted;
  if (state.status === LOCKED) return ["unlocked"];
  if (state.status === LEFT || (state.former ?? []).length > 0) drifted.push("membership");
  if (state.status === LEFT) return drifted;
  if (state.role !== props.role) drifted.push("role");
  if (state.availability !== props.availability) drifted.push("availability");
  if (Object.entries(props.labels).some(([key, value]) => state.labels[key] !== value)) drifted.push("labels");
  return drifted;
}

export function memberReady(state: MemberState, props: MemberProps): true | string {
  if (state.status === LOCKED) return "the manager to be unlocked";
  if (state.status !== "ready") return `the node to be ready (it is ${state.status || "unknown"})`;
  if (props.role === "manager" && state.reachability !== "reachable") return "the manager to be reachable";
  return true;
}

/** The node's spec with what is wanted put in; everything others set stays. */
export function wantedSpec(node: SwarmNode, props: MemberProps, declared: readonly string[]): SwarmNode["Spec"] {
  const labels = { ...node.Spec.Labels };
  for (const key of declared) if (!(key in props.labels)) delete labels[key];
  return { ...node.Spec, Role: props.role, Availability: props.availability, Labels: { ...labels, ...props.labels } };
}

export function sameSpec(a: SwarmNode["Spec"], b: SwarmNode["Spec"]): boolean {
  const labelsA = Object.entries(a.Labels ?? {});
  const labelsB = b.Labels ?? {};
  return (
    a.Role === b.Role &&
    a.Availability === b.Availability &&
    labelsA.length === Object.keys(labelsB).length &&
    labelsA.every(([key, value]) => labelsB[key] === value)
  );
}
