export type { Skips } from "./cases.ts";
export { type DriverSuite, type FleetTrace, testDriver } from "./driver.ts";
export { type KindSuite, testKind } from "./kind.ts";
export { type StoreSuite, testStore } from "./store.ts";
