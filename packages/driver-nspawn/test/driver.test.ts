import type { Data, States } from "@machinist/core";
import { expect, test } from "vitest";
import { type Surroundings, validate } from "../src/check.ts";
import nspawn from "../src/index.ts";
import { machineKind } from "../src/machine.ts";
import { placesOf } from "../src/paths.ts";

const context = { cacheDir: "/nowhere/cache", machineDir: (name: string) => `/nowhere/machines/${name}`, env: {} };
const driver = nspawn.create(context);
const defaults = Object.fromEntries(
  Object.entries(nspawn.options.properties).flatMap(([name, { default: standard }]) =>
    standard === undefined ? [] : [[name, standard]],
  ),
) as Data;
const machine = (name: string) => ({ name, fleet: "demo", publicKey: "ssh-ed25519 AAAA k" });

test("every option but a file has a default of its own type", () => {
  expect(defaults).toEqual({ release: "trixie", image: "bare", mirror: "", packages: [], memory: 0, cpus: 0 });
  for (const schema of Object.values(nspawn.options.properties))
    if (schema.enum) expect(schema.enum).toContain(schema.default);
});

test("machines of a fleet share its network and image, word for word", async () => {
  const [one, two] = await Promise.all([driver.plan(machine("w-1"), defaults), driver.plan(machine("w-2"), defaults)]);
  expect(one.map(({ id }) => id)).toEqual(["@demo/network", "@demo/image:trixie-bare", "w-1/instance"]);
  expect(two.slice(0, 2)).toEqual(one.slice(0, 2));
  expect(one[2]).toMatchObject({ parents: ["@demo/network"], after: ["@demo/image:trixie-bare"] });
  expect(one[2]?.props).not.toHaveProperty("memory");
});

test("limits go to the machine in bytes and processors", async () => {
  const [, , instance] = await driver.plan(machine("w-1"), { ...defaults, memory: 512, cpus: 1.5 });
  expect(instance?.props).toMatchObject({ memory: 536870912, cpus: 1.5 });
});

test("an endpoint is known as soon as the address is, with the host key made here", () => {
  const state = { address: "10.217.0.2", hostKey: "ssh-ed25519 BBBB" };
  const states: States = { "w-1/instance": state };
  expect(driver.endpoint?.("w-1", states)).toEqual({
    host: "10.217.0.2",
    port: 22,
    user: "root",
    hostKeys: ["ssh-ed25519 BBBB"],
  });
  expect(driver.endpoint?.("w-2", states)).toBeUndefined();
  expect(driver.endpoint?.("w-1", { "w-1/instance": { ...state, address: "" } })).toBeUndefined();
});

test("an unfinished machine drifts, and a stopped one: what is declared runs", () => {
  const kind = machineKind(placesOf(context));
  const props = { hostname: "w-1", publicKey: "ssh-ed25519 AAAA k", network: "n", base: "b", release: "r", image: "i" };
  const state = {
    owner: "o",
    hostname: "w-1",
    publicKey: "ssh-ed25519 AAAA",
    address: "a",
    hostKey: "k",
    running: true,
    pid: 0,
    startTime: "",
  };
  expect(kind.drift?.(state, props)).toEqual([]);
  expect(kind.drift?.({ ...state, hostname: "" }, props)).toEqual(["complete"]);
  expect(kind.drift?.({ ...state, running: false }, props)).toEqual(["running"]);
  expect(kind.drift?.({ ...state, publicKey: "ssh-ed25519 OTHER" }, props)).toEqual(["publicKey"]);
  for (const fixed of kind.requiresReplace ?? []) expect(["complete", "running", "publicKey"]).not.toContain(fixed);
});

const fine: Surroundings = {
  platform: "linux",
  uid: 0,
  missing: [],
  overlay: true,
  onOverlay: false,
  freeBytes: 2 ** 40,
  folder: "/store",
};

test.each([
  ["nspawn.platform", { platform: "darwin", uid: 501 }, /driver/],
  ["nspawn.root", { uid: 1000, missing: ["ip"] }, /sudo/],
  [
    "nspawn.tools",
    { missing: ["systemd-nspawn", "unshare", "setpriv"] },
    /^apt-get install systemd-container util-linux$/,
  ],
  ["nspawn.overlay", { overlay: false }, /modprobe overlay/],
  ["nspawn.overlay", { onOverlay: true }, /--storage-path/],
  ["nspawn.disk", { freeBytes: 10_000_000 }, /2 GiB/],
])("%s is found with a way out", (code, change, hint) => {
  const problem = validate({ ...fine, ...change });
  expect(problem?.code).toBe(code);
  expect(problem?.hint).toMatch(hint);
});

test("nothing stands in the way of a fit computer", () => {
  expect(validate(fine)).toBeUndefined();
});
