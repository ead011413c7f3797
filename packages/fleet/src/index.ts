export type * from "./api.ts";
export { checkMachineName } from "./machine-name.ts";
export { openMachinist } from "./open.ts";
export { decodePlan, encodePlan } from "./plans/saved-plan.ts";
export { PrecheckError } from "./precheck.ts";
export { storagePath } from "./storage-path.ts";
