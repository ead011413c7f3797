export type { Execution } from "./execute.ts";
export { type LabHost, type LabHosts, type LabOptions, startHosts, sweep } from "./hosts.ts";
export { leftovers } from "./leftovers.ts";
export { unavailable } from "./unavailable.ts";
