import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createAccessList, grantOf, issuePersonal } from "../src/certs/index.ts";
import { type Certificates, createCertificates, drift, type EngineState, engineResourceTypes } from "../src/index.ts";
import { applied, engineCall } from "./engine-call.ts";
import { type FakeEngineHost, fakeEngineHost } from "./fake-engine-host.ts";

const DAEMON = "/etc/docker/daemon.json";
const MARKER = "/etc/docker/machinist.json";

let folder: string;
let certificates: Certificates;
let host: FakeEngineHost;
let machine = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-trust-"));
  certificates = createCertificates({ folder: join(folder, "certs"), organization: "user" });
  const { key } = await certificates.client();
  certificates = { ...certificates, newKey: async () => key };
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  host = fakeEngineHost();
  machine++;
});

const kind = () =>
  engineResourceTypes({
    hosts: { connect: async () => host },
    certificates,
    machineDir: () => join(folder, `m${machine}`),
    verify: host.verify,
  })["docker.engine"];
const update = async (state: EngineState, changed: string[]) => {
  const call = engineCall("m1");
  return { after: await kind().update!({ ...call, state, changed }), call };
};
const look = async (state: EngineState) => (await kind().read({ ...engineCall("m1"), state }))!;

test("other certificates cost a restart that containers outlive, and leave daemon.json as it was", async () => {
  host.put(DAEMON, '{"debug":true}');
  const state = await kind().create(engineCall("m1"));
  host.container = true;
  const before = [host.text(DAEMON), host.text(MARKER)];
  const { restarts } = host;
  const { after, call } = await update(await look(state), ["certificates"]);
  expect(applied(call)).toEqual(["certificates"]);
  expect([host.container, host.restarts - restarts]).toEqual([true, 1]);
  expect([host.text(DAEMON), host.text(MARKER)]).toEqual(before);
  expect(drift(after, call.props)).toEqual([]);
});

test("a node of a Swarm refuses live-restore: it is restarted plainly, and that is said", async () => {
  const state = await kind().create(engineCall("m1"));
  host.swarm = true;
  host.container = true;
  const { after, call } = await update(await look(state), ["certificates"]);
  expect(host.container).toBe(false);
  expect(call.logs.join()).toMatch(/warn: m1 is in a Swarm.*its tasks start again/);
  expect(after.swarm).toBe(true);
});

test("an engine trusts who has access there, and forgets who has not any more", async () => {
  const state = await kind().create(engineCall("m1"));
  const list = createAccessList(join(folder, "certs"));
  const grant = grantOf("alice", (await issuePersonal("alice", 30)).cert, { machines: ["m1"] });
  await list.put(grant);
  try {
    const seen = await look(state);
    expect(drift(seen, engineCall("m1").props)).toEqual(["trust"]);
    const server = host.text("/etc/docker/server.pem");
    const { after, call } = await update(seen, ["trust"]);
    expect(applied(call)).toEqual(["trust"]);
    expect(after.trusted).toHaveLength(2);
    expect(host.text("/etc/docker/ca.pem")).toContain(grant.cert);
    expect(host.text("/etc/docker/server.pem")).toBe(server);
    await list.put({ ...grant, revoked: new Date().toISOString() });
    const revoked = await look(after);
    expect(drift(revoked, engineCall("m1").props)).toEqual(["trust"]);
    expect((await update(revoked, ["trust"])).after.trusted).toEqual(state.trusted);
    expect(host.text("/etc/docker/ca.pem")).not.toContain(grant.cert);
    await list.put({ ...grant, machines: ["another"] });
    expect(drift(await look(state), engineCall("m1").props)).toEqual([]);
  } finally {
    await list.drop("alice");
  }
});

test("certificates of the machine's folder here that are not the store's are repaired without touching the host", async () => {
  const state = await kind().create(engineCall("m1"));
  await rm(join(folder, `m${machine}`, "cert.pem"));
  const seen = await look(state);
  expect(drift(seen, engineCall("m1").props)).toEqual(["copies"]);
  const { restarts } = host;
  const { after, call } = await update(seen, ["copies"]);
  expect([applied(call), host.restarts]).toEqual([[], restarts]);
  expect(drift(after, call.props)).toEqual([]);
});
