import type { Clock, Hosts } from "@machinist/core";
import { createFakeHost } from "@machinist/testkit";
import { composeResourceTypes } from "../src/index.ts";
import { LOOK_CARRIED, READ_PROJECT, WRITE_MARKER } from "../src/remote-scripts.ts";
import { Hand } from "./calls.ts";

export const hand = new Hand("own-1");
export const NOW = 1_700_000_000;
export const WANTED = JSON.stringify([
  { name: "job", replicas: 1, restarts: 0 },
  { name: "web", replicas: 1, restarts: 0 },
]);
/** A container's line; it was started `seconds` ago. */
export const container = (
  name: string,
  state: string,
  more: { health?: string; exit?: number; restarts?: number; seconds?: number; id?: string } = {},
) => {
  const { health = "", exit = 0, restarts = 0, seconds = 60, id = name } = more;
  return [name, "False", state, health, exit, restarts, new Date((NOW - seconds) * 1000).toISOString(), id].join("\t");
};
export const seen = (owner: string, digest: string, ...containers: string[]) =>
  [owner, digest, owner === "" ? "" : WANTED, NOW, ...containers].join("\n");
export const DONE = [container("web", "running"), container("job", "exited")];
export const CONFIG = JSON.stringify({ services: { web: {}, job: { deploy: { replicas: 1 } } } });

/** Time that passes while it is slept through. */
export const virtual = (): Clock => {
  let now = 0;
  const sleep = async (ms: number) => {
    now += ms;
  };
  return { now: () => now, sleep } as Clock;
};

export function world(
  read: () => string,
  up: { code?: number; stderr?: string } = {},
  config: { code?: number; stdout?: string; stderr?: string } = { stdout: CONFIG },
) {
  const host = createFakeHost([], { name: "m1" });
  host.on((call) => call.type === "script", "");
  host.on((call) => call.argv[2] === LOOK_CARRIED, "");
  host.on((call) => call.script === READ_PROJECT, read);
  host.on((call) => call.argv.includes("up"), up);
  host.on((call) => call.argv.includes("config"), config);
  const hosts: Hosts = { connect: async () => host };
  const kind = composeResourceTypes({ hosts, manager: async () => [], clock: virtual() })["compose.project"]!;
  const marks = () => host.calls.filter((call) => call.script === WRITE_MARKER).map((call) => call.argv[2]);
  return { host, hosts, kind, marks };
}
/** Nothing at the first look, then each of these, the last again and again. */
export const looks = (...each: string[][]) => {
  let at = -1;
  return () => (at++ < 0 ? seen("", "") : seen("own-1", "", ...(each[Math.min(at - 1, each.length - 1)] ?? [])));
};
