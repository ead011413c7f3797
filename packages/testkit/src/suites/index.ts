export type { Reasons } from "./cases.ts";
export { testDriver } from "./driver.ts";
export type { DriverSuite, FleetTrace } from "./driver-suite.ts";
export { type KindSuite, testKind } from "./kind.ts";
export { type StoreSuite, testStore } from "./store.ts";
export { type RunOptions, Subject } from "./subject.ts";
