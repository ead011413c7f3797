export { type Bundle, bundleProject, bundleStack } from "./bundle.ts";
export type { Limits } from "./carry.ts";
export { composeKinds } from "./kinds.ts";
export { type ComposeProps, type ProjectProps, planCompose, planStack } from "./plan.ts";
export type { ProjectState, ServiceState } from "./services.ts";
export type { StackOptions, StackService, StackState } from "./stack-kind.ts";
