export type { ClusterState, SwarmOptions } from "./cluster-kind.ts";
export { swarmKinds } from "./kinds.ts";
export type { MemberState } from "./member-state.ts";
export type { ClusterProps, MemberProps } from "./plan.ts";
export { clusterId, memberId, planSwarm } from "./plan.ts";
