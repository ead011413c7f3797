import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  converge,
  type EngineSpec,
  FileStore,
  newRecord,
  type ResourceTypes,
  type ScopeRecord,
  StateManager,
} from "@machinist/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCertificates, engineProps, engineResourceTypes } from "../src/index.ts";
import { type FakeEngineHost, fakeEngineHost } from "./fake-engine-host.ts";

let folder: string;
let host: FakeEngineHost;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-converging-"));
  host = fakeEngineHost();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** One run of the reconciler over one machine: a host of the user's, and an engine on it. Undefined: nothing is wanted. */
async function run(spec: EngineSpec | undefined) {
  const store = new FileStore(folder);
  const record: ScopeRecord = (await store.load("m1")) ?? newRecord("m1", "demo");
  const kinds: ResourceTypes = {
    "user.host": {
      read: async () => ({}),
      create: async () => ({}),
      delete: async () => {},
      retainOnDelete: true,
    },
    ...engineResourceTypes({
      hosts: { connect: async () => host },
      certificates: createCertificates({ folder: join(folder, "certs") }),
      machineDir: () => join(folder, "machines", "m1"),
      verify: host.verify,
    }),
  };
  const wanted = [
    { id: "m1/host", kind: "user.host", props: {}, parents: [] },
    ...(spec
      ? [
          {
            id: "m1/engine",
            kind: "docker.engine",
            props: engineProps(spec, { machine: "m1", driver: "generic" }),
            parents: ["m1/host"],
          },
        ]
      : []),
  ];
  const signal = AbortSignal.timeout(60_000);
  const ledger = new StateManager(store, [record]);
  const outcomes = await converge({ wanted, stateManager: ledger, resourceTypes: kinds, emit: () => {}, signal });
  return outcomes.find(({ id }) => id === "m1/engine");
}

test("the reconciler makes it, leaves it alone, changes it, finishes what was cut off, and takes it away", async () => {
  host.cutAfter = 6;
  expect(await run({ dns: ["192.0.2.1"] })).toMatchObject({ change: "failed", error: { code: "ssh.closed" } });
  host.cutAfter = Number.POSITIVE_INFINITY;
  expect(await run({ dns: ["192.0.2.1"] })).toMatchObject({ change: expect.stringMatching(/created|updated/) });
  const { restarts } = host;
  expect(await run({ dns: ["192.0.2.1"] })).toMatchObject({ change: "none" });
  expect(host.restarts).toBe(restarts);
  expect(await run({})).toMatchObject({ change: "updated" });
  expect(host.text("/etc/docker/daemon.json")).not.toContain("dns");
  expect(await run(undefined)).toMatchObject({ change: "deleted" });
  expect([...host.files.keys()]).toEqual(["/etc/os-release"]);
});
