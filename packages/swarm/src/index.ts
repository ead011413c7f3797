export { ROTATE } from "./autolock.ts";
export type { ClusterState } from "./cluster-state.ts";
export type { MemberState } from "./member-state.ts";
export type { SwarmOptions, UnlockKeys } from "./options.ts";
export type { ClusterProps, MemberProps } from "./plan.ts";
export { clusterId, memberId, planSwarm } from "./plan.ts";
export { type Recovery, recoverSwarm } from "./recover.ts";
export { swarmResourceTypes } from "./resource-types.ts";
