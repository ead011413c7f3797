export type { Reasons } from "./cases.ts";
export { testDriver } from "./driver.ts";
export type { DriverSuite, FleetTrace } from "./driver-suite.ts";
export { Harness, type RunOptions } from "./harness.ts";
export { type ResourceTypeSuite, testResourceType } from "./resource-type.ts";
export { type StoreSuite, testStore } from "./store.ts";
