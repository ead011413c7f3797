export {
  createFakeHost,
  describeFakeCall,
  type FakeAnswer,
  type FakeCall,
  type FakeFile,
  type FakeHost,
  type FakeHostOptions,
  type FakeRule,
} from "./fake-host.ts";
export { crashFuzz, type FuzzCount } from "./simulation/crash-fuzz.ts";
export { type CrashSwitch, FakeCloud, type FakeKind, type FakeObject, type Faults } from "./simulation/fake-cloud.ts";
export { FakeDisk } from "./simulation/fake-store.ts";
export { FastClock } from "./simulation/fast-clock.ts";
export { type Fault, type FaultPlan, noFaults, oneFault, randomFaults } from "./simulation/fault-plan.ts";
export { type Random, seeded } from "./simulation/random.ts";
export { VirtualClock } from "./simulation/virtual-clock.ts";
