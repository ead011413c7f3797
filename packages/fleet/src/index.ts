export type * from "./api.ts";
export type { AuditLine } from "./journal/audit.ts";
export type { KeptEvent } from "./journal/event-log.ts";
export { checkMachineName } from "./machine-name.ts";
export { openMachinist } from "./open.ts";
export { decodePlan, encodePlan } from "./plans/saved-plan.ts";
export { isPrecheckError, PrecheckError } from "./precheck.ts";
export { storagePath } from "./storage-path.ts";
