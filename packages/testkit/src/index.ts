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
export { FakeCloud, type FakeKind, type FakeObject, type Faults, type Lifeline } from "./simulation/fake-cloud.ts";
export { FakeDisk } from "./simulation/fake-store.ts";
export { type Random, seeded } from "./simulation/random.ts";
export { VirtualClock } from "./simulation/virtual-clock.ts";
