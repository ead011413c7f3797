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
export { HastyClock } from "./simulation/hasty-clock.ts";
export { type Random, seeded } from "./simulation/random.ts";
export { VirtualClock } from "./simulation/virtual-clock.ts";
export { type Fault, fairWeather, gust, storm, type Weather } from "./simulation/weather.ts";
