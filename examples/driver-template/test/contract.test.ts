import { FastClock } from "@machinist/testkit";
import { testDriver } from "@machinist/testkit/suites";
import shelf from "machinist-driver-shelf";
import { afterAll, beforeAll } from "vitest";
import { Provider } from "./provider.ts";

const clock = new FastClock(100);
const provider = new Provider(clock);
const env: Record<string, string> = { SHELF_ACCESS_TOKEN: "right" };
beforeAll(async () => {
  env.SHELF_URL = await provider.listen();
});
afterAll(() => provider.close());

testDriver({
  module: shelf,
  options: {},
  changed: { size: "large" },
  replacing: { image: "debian-12" },
  context: { clock, env },
  faults: (faults) => {
    provider.faults = faults;
  },
  lagMs: 2000,
  report: console.log,
  leftovers: async ({ uids }) =>
    [...provider.boxes.values()]
      .filter(({ mark }) => uids.some((uid) => mark.startsWith(`${uid}-`)))
      .map(({ id }) => id),
  breakProvider: async () => {
    provider.token = "another";
    return async () => {
      provider.token = "right";
    };
  },
  foreign: async () => {
    const theirs = {
      id: "theirs",
      name: "theirs",
      size: "small",
      mark: "",
      fleet: "",
      status: "on" as const,
      address: "",
    };
    provider.boxes.set(theirs.id, { ...theirs, born: 0 });
    return {
      isThere: async () => provider.boxes.get(theirs.id)?.size === "small",
      remove: async () => void provider.boxes.delete(theirs.id),
    };
  },
});
