export type { Skips } from "./cases.ts";
export { type DriverSuite, type FleetTrace, testDriver } from "./driver.ts";
