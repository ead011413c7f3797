import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineSpec } from "@machinist/core";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Certificates, createCertificates, drift, type EngineState, engineResourceTypes } from "../src/index.ts";
import { engineCall } from "./engine-call.ts";
import { type FakeEngineHost, fakeEngineHost } from "./fake-engine-host.ts";

let folder: string;
let certificates: Certificates;
let host: FakeEngineHost;
let run = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-in-place-"));
  certificates = createCertificates({ folder: join(folder, "certs"), organization: "user" });
  await certificates.client();
  // One key for all servers: making them is most of the time otherwise, and is tested elsewhere.
  const key = await certificates.newKey();
  certificates = { ...certificates, newKey: async () => key };
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => begin());

function begin(): void {
  host = fakeEngineHost();
  run++;
}
const kind = () =>
  engineResourceTypes({
    hosts: { connect: async () => host },
    certificates,
    machineDir: (machine) => join(folder, `${machine}-${run}`),
    verify: host.verify,
  })["docker.engine"];
const read = async (spec: EngineSpec, state?: EngineState) =>
  (await kind().read({ ...engineCall("m1", spec), state })) as EngineState;
const foresee = (spec: EngineSpec, state: EngineState, changed: string[] = []) =>
  kind().previewUpdate!({ state, props: engineCall("m1", spec).props, changed });
const update = (spec: EngineSpec, state: EngineState, changed: string[] = []) =>
  kind().update!({ ...engineCall("m1", spec), state, changed });
const json = (path: string) => JSON.parse(host.text(path) ?? "null");

/** A host with an engine of ours, and then a container. */
async function made(spec: EngineSpec): Promise<EngineState> {
  const state = await kind().create(engineCall("m1", spec));
  host.container = true;
  host.restarts = 0;
  host.reloads = 0;
  return state;
}

const specs: fc.Arbitrary<EngineSpec> = fc.record(
  {
    labels: fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom("1", "2")),
    dns: fc.uniqueArray(fc.constantFrom("192.0.2.1", "192.0.2.2")),
    registryMirrors: fc.uniqueArray(fc.constantFrom("https://a", "https://b")),
    logDriver: fc.constantFrom("local", "json-file"),
    env: fc.dictionary(fc.constantFrom("A", "B"), fc.constantFrom("1", "2")),
    sans: fc.uniqueArray(fc.constantFrom("x.example", "y.example")),
    options: fc.dictionary(fc.constantFrom("debug", "live-restore", "icc"), fc.boolean()),
  },
  { requiredKeys: [] },
);
const daemons = fc.record(
  {
    debug: fc.boolean(),
    mtu: fc.constant(1400),
    dns: fc.constant(["203.0.113.1"]),
    labels: fc.constant(["a=9", "mine=1"]),
  },
  { requiredKeys: [] },
);

describe("what a change means", () => {
  test("is what happens: nothing, a reload, or a restart, and containers live through it", async () => {
    await fc.assert(
      fc.asyncProperty(daemons, specs, specs, async (user, first, second) => {
        begin();
        host.put("/etc/docker/daemon.json", JSON.stringify(user));
        const state = await read(first, await made(first));
        const { how } = foresee(second, state);
        const interrupts = kind().interrupts!([], state, engineCall("m1", second).props);
        const after = await update(second, state);
        const happened = host.restarts > 0 ? "restart" : host.reloads > 0 ? "reload" : "in place";
        expect(how).toMatch(new RegExp(`^${happened} \\(containers (untouched|kept)\\)$`));
        expect(interrupts).toBe(happened === "restart");
        expect(host.container).toBe(true);
        expect(drift(after, engineCall("m1", second).props)).toEqual([]);
        // What was lent is given back, in the file and in the running dockerd.
        const declared = second.options?.["live-restore"];
        expect(json("/etc/docker/daemon.json")["live-restore"]).toBe(declared);
        if (happened === "restart") expect(host.live).toBe(declared ?? false);
      }),
      { numRuns: 25 },
    );
  });

  test("killed at any point, the next run finishes it, and no container ever ends", async () => {
    for (let cut = 0; cut < 40; cut++) {
      begin();
      const first = { dns: ["192.0.2.1"], labels: { a: "1", b: "1" }, logDriver: "local" };
      const second = { dns: ["192.0.2.2"], labels: { a: "2" }, env: { A: "1" } };
      const state = await made(first);
      host.cutAfter = cut;
      const whole = await update(second, state).then(
        () => true,
        () => false,
      );
      host.cutAfter = Number.POSITIVE_INFINITY;
      const seen = await read(second, state);
      const after = await update(second, seen, drift(seen, engineCall("m1", second).props));
      expect([cut, host.container, host.live]).toEqual([cut, true, false]);
      expect(drift(after, engineCall("m1", second).props)).toEqual([]);
      expect(json("/etc/docker/daemon.json")).toEqual({ dns: ["192.0.2.2"], labels: ["provider=generic", "a=2"] });
      if (whole) return;
    }
    throw new Error("it never came to its end");
  });

  test("let go of and killed at any point, the next run finishes it, and no container ever ends", async () => {
    const spec = { dns: ["192.0.2.1"], options: { "data-root": "/srv/docker" } };
    for (let cut = 0; cut < 40; cut++) {
      begin();
      host.put("/etc/docker/daemon.json", '{ "mtu": 1400 }');
      const state = await made(spec);
      const letGo = () => kind().delete({ ...engineCall("m1", spec), state });
      host.cutAfter = cut;
      const whole = await letGo().then(
        () => true,
        () => false,
      );
      host.cutAfter = Number.POSITIVE_INFINITY;
      await letGo();
      expect([cut, host.container, host.live]).toEqual([cut, true, false]);
      expect(json("/etc/docker/daemon.json")).toEqual({ mtu: 1400, "data-root": "/srv/docker" });
      expect([...host.files.keys()].sort()).toEqual(["/etc/docker/daemon.json", "/etc/os-release"]);
      if (whole) return;
    }
    throw new Error("it never came to its end");
  });

  test("a restart that fails leaves the container, and live-restore as it was", async () => {
    const state = await made({});
    host.refuses = (text) => text("/etc/docker/daemon.json")?.includes("192.0.2.1") ?? false;
    await expect(update({ dns: ["192.0.2.1"] }, state)).rejects.toMatchObject({ code: "provision.daemon" });
    expect([host.container, host.live, host.active]).toEqual([true, false, true]);
    expect(json("/etc/docker/daemon.json")).toEqual({ labels: ["provider=generic"] });
  });

  test("where containers stop, or nothing can be done, it is said before", async () => {
    const state = await made({});
    host.swarm = true;
    const node = await read({}, state);
    expect(foresee({ dns: ["192.0.2.1"] }, node).how).toBe("restart (containers stop)");
    expect(foresee({ labels: { a: "1" } }, node).how).toBe("reload (containers untouched)");
    const live = { options: { "live-restore": true } };
    expect(foresee(live, node).refused).toContain("node of a Swarm");
    const hostname = host.calls.length;
    await expect(update(live, node)).rejects.toMatchObject({ code: "provision.live-restore" });
    // One look, and nothing else.
    expect(host.calls.length - hostname).toBe(1);
    host.swarm = false;
    const moved = { ...(await read({}, state)), storage: "overlay2", root: "/var/lib/docker" };
    expect(foresee({ storageDriver: "overlay2" }, moved).how).toBe("restart (containers kept)");
    expect(foresee({ storageDriver: "vfs" }, moved)).toMatchObject({
      how: "restart (containers stop)",
      notes: [expect.stringContaining("another storage-driver")],
    });
    const remapped = { ...moved, root: "/srv/d/165536.165536" };
    expect(foresee({ options: { "data-root": "/srv/d" } }, remapped).how).toBe("restart (containers kept)");
    expect(foresee({ options: { "userns-remap": "default" } }, moved)).toMatchObject({
      how: "restart (containers stop)",
      notes: [expect.stringContaining("another userns-remap")],
    });
    expect(foresee({ install: "none", version: "99" }, moved).refused).toContain("has Docker 26.1.5+dfsg1, not 99");
    expect(foresee({ version: "99" }, moved).how).toBe("install Docker 99, restart (containers stop)");
    expect(foresee({ version: "26.1" }, moved, ["version"]).how).toBe("in place (containers untouched)");
    for (const [flag, key] of Object.entries({
      ...{ "cdi-spec-dir": "cdi-spec-dirs", "node-generic-resource": "node-generic-resources" },
      ...{ "default-network-opt": "default-network-opts", "dns-opt": "dns-opts" },
    }))
      expect(foresee({ options: { [key]: ["a"] } }, { ...moved, flags: [flag] }).refused).toContain(`with --${flag}`);
    host.put("/etc/docker/daemon.json", "{");
    expect(foresee({}, await read({}, state)).refused).toContain("is not valid JSON");
  });

  test("real values are shown as far as they are no secrets", async () => {
    const declared = { dns: ["192.0.2.1"], logOptions: { "splunk-token": "hunter2" }, options: { debug: false } };
    const state = await made(declared);
    const daemon = json("/etc/docker/daemon.json");
    host.put(
      "/etc/docker/daemon.json",
      JSON.stringify({ ...daemon, dns: ["203.0.113.1"], "log-opts": { "splunk-token": "hunter3" }, debug: true }),
    );
    const seen = await read(declared, state);
    expect(JSON.stringify(seen)).not.toContain("hunter");
    expect(drift(seen, engineCall("m1", declared).props)).toEqual(["options", "dns", "logOptions"]);
    expect(foresee(declared, seen).actual).toMatchObject({ dns: ["203.0.113.1"], options: { debug: true } });
    expect(foresee(declared, seen).actual).not.toHaveProperty("logOptions");
  });
});
