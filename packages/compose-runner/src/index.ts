export { type Bundle, bundleProject } from "./bundle.ts";
export type { Limits } from "./collect-context.ts";
export { ContentCache } from "./content-cache.ts";
export { type ComposeProps, OVERWRITE, type ProjectProps, planCompose, planStack, type StackProps } from "./plan.ts";
export { composeResourceTypes } from "./resource-types.ts";
export type { ProjectState, ServiceState } from "./services.ts";
export { bundleStack, type StackBundle } from "./stack-bundle.ts";
export type { StackOptions } from "./stack-kind.ts";
export type { StackService, StackState } from "./stack-state.ts";
