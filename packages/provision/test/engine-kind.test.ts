import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineSpec } from "@machinist/core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DOCKER_MACHINE_DROP_IN, DROP_IN_PATH } from "../src/config/systemd-unit.ts";
import { type Certificates, createCertificates, drift, type EngineState, engineResourceTypes } from "../src/index.ts";
import { applied, engineCall } from "./engine-call.ts";
import { type FakeEngineHost, fakeEngineHost } from "./fake-engine-host.ts";

const DAEMON = "/etc/docker/daemon.json";
const MARKER = "/etc/docker/machinist.json";

let folder: string;
let certificates: Certificates;
let host: FakeEngineHost;
let run = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-kind-"));
  certificates = createCertificates({ folder: join(folder, "certs"), organization: "user" });
  await certificates.client();
  // One key for all servers: making them is most of the time otherwise, and is tested elsewhere.
  const key = await certificates.newKey();
  certificates = { ...certificates, newKey: async () => key };
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  host = fakeEngineHost();
  run++;
});

const kind = () =>
  engineResourceTypes({
    hosts: { connect: async () => host },
    certificates,
    machineDir: (machine) => join(folder, `${machine}-${run}`),
    verify: host.verify,
  })["docker.engine"];
const json = (path: string) => JSON.parse(host.text(path) ?? "null");
const update = (spec: EngineSpec, state: EngineState, changed: string[] = []) => {
  const call = engineCall("m1", spec);
  return kind().update!({ ...call, state, changed }).then((after) => ({ after, call }));
};

describe("docker.engine", () => {
  test("is made with one restart, and a second run applies nothing", async () => {
    const call = engineCall("m1", { labels: { env: "dev" }, options: { "live-restore": true } });
    expect(await kind().read({ ...call, state: undefined })).toBeUndefined();
    const state = await kind().create(call);
    expect(applied(call)).toEqual(["hostname", "certificates", "trust", "configuration"]);
    expect(state).toMatchObject({
      url: "tcp://192.0.2.10:2376",
      version: "26.1.5+dfsg1",
      running: true,
      pending: false,
    });
    expect(drift(state, call.props)).toEqual([]);
    expect(json(DAEMON)).toEqual({ "live-restore": true, labels: ["env=dev", "provider=generic"] });
    expect(host.text(DROP_IN_PATH)).toContain(
      "ExecStart=/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS -H tcp://0.0.0.0:2376 --tlsverify",
    );
    const asked = host.calls.length;
    const { call: again } = await update({ labels: { env: "dev" }, options: { "live-restore": true } }, state);
    expect(applied(again)).toEqual([]);
    expect(again.steps.at(-1)).toBe("verify: unchanged");
    expect(host.restarts).toBe(1);
    expect(host.calls.length - asked).toBe(1);
    expect(await kind().read({ ...call, state })).toEqual(state);
  });

  test("goes on from wherever the connection broke, and ends the same", async () => {
    const spec = { labels: { env: "dev" }, dns: ["192.0.2.53"], env: { HTTP_PROXY: "http://p" } };
    let cuts = 0;
    for (let after = 0; ; after++) {
      host = fakeEngineHost();
      run++;
      host.put(DAEMON, '{"debug":true}');
      host.cutAfter = after;
      const whole = await kind()
        .create(engineCall("m1", spec))
        .then(
          () => true,
          () => false,
        );
      if (whole) break;
      cuts++;
      host.cutAfter = Number.POSITIVE_INFINITY;
      const call = engineCall("m1", spec);
      const seen = await kind().read({ ...call, state: undefined });
      const state = seen
        ? (await update(spec, seen, drift(seen, call.props) as string[])).after
        : await kind().create(call);
      expect(drift(state, call.props)).toEqual([]);
      expect(json(DAEMON)).toEqual({ debug: true, dns: ["192.0.2.53"], labels: ["env=dev", "provider=generic"] });
      expect(json(MARKER)).toMatchObject({ keys: { dns: {} }, labels: ["env=dev", "provider=generic"] });
      expect(json(MARKER).pending).toBeUndefined();
      const restarts = host.restarts;
      const again = await update(spec, state);
      expect(applied(again.call)).toEqual([]);
      expect(host.restarts).toBe(restarts);
    }
    expect(cuts).toBeGreaterThanOrEqual(8);
  });

  test("a connection that is lost once is not the end of the call", async () => {
    host.cutAfter = 6;
    host.heals = true;
    const call = engineCall("m1");
    const state = await kind().create(call);
    expect(drift(state, call.props)).toEqual([]);
    expect(call.logs).toContain("warn: The connection was lost; trying again");
    expect(kind().ready!(state, call.props)).toBe(true);
    expect(kind().ready!({ ...state, pending: true }, call.props)).toMatch(/interrupted/);
    expect(kind().ready!({ ...state, verified: false }, call.props)).toMatch(/interrupted/);
  });

  test("reloads where that is enough, restarts where it is not", async () => {
    const state = await kind().create(engineCall("m1"));
    const { after } = await update({ labels: { a: "b" }, registryMirrors: ["https://mirror"] }, state);
    expect([host.restarts, host.reloads]).toEqual([1, 1]);
    const { after: next } = await update({ labels: { a: "b" }, dns: ["192.0.2.1"] }, after);
    expect([host.restarts, host.reloads]).toEqual([2, 1]);
    expect(json(DAEMON)).toEqual({ labels: ["provider=generic", "a=b"], dns: ["192.0.2.1"] });
    expect(drift(next, engineCall("m1", { labels: { a: "b" } }).props)).toEqual(["dns"]);
  });

  test("keeps the user's settings, says what it replaces, and gives it back", async () => {
    host.put(DAEMON, '{"dns":["192.0.2.9"],"log-driver":"journald","labels":["mine=1","env=old"]}');
    const call = engineCall("m1", { dns: ["192.0.2.1"], labels: { env: "new" } });
    const state = await kind().create(call);
    expect(json(DAEMON)).toEqual({
      dns: ["192.0.2.1"],
      "log-driver": "journald",
      labels: ["mine=1", "env=new", "provider=generic"],
    });
    expect(call.logs.join("\n")).toMatch(/dns was \["192\.0\.2\.9"\], now \["192\.0\.2\.1"\]/);
    const { after } = await update({ labels: { env: "new" } }, state);
    expect(json(DAEMON)).toMatchObject({ dns: ["192.0.2.9"], "log-driver": "journald" });
    await kind().delete({ ...call, state: after });
    expect(json(DAEMON)).toEqual({ dns: ["192.0.2.9"], "log-driver": "journald", labels: ["mine=1"] });
    for (const path of [MARKER, DROP_IN_PATH, "/etc/docker/ca.pem", "/etc/docker/server-key.pem"])
      expect(host.text(path)).toBeUndefined();
    expect(await kind().read({ ...call, state: after })).toBeUndefined();
    const asked = host.restarts;
    await kind().delete({ ...call, state: after });
    expect(host.restarts).toBe(asked);
  });

  test("sees drift, and only in what was declared", async () => {
    const call = engineCall("m1", { dns: ["192.0.2.1"] });
    const state = await kind().create(call);
    const look = async () => drift((await kind().read({ ...call, state }))!, call.props);
    host.put(DAEMON, JSON.stringify({ ...json(DAEMON), debug: true }));
    expect(await look()).toEqual([]);
    host.put(DAEMON, JSON.stringify({ ...json(DAEMON), dns: ["192.0.2.66"] }));
    expect(await look()).toEqual(["dns"]);
    host.active = false;
    expect(await look()).toEqual(["dns", "running"]);
    host.active = true;
    host.put(DROP_IN_PATH, `${host.text(DROP_IN_PATH)}Environment=X=1\n`);
    host.put("/etc/docker/server.pem", (await certificates.client()).cert.replace("BEGIN", "BEGUN"));
    expect(await look()).toEqual(["unit", "dns", "certificates"]);
    const { after } = await update({ dns: ["192.0.2.1"] }, state, await look());
    expect(drift(after, call.props)).toEqual([]);
    expect(json(DAEMON)).toMatchObject({ debug: true, dns: ["192.0.2.1"] });
  });

  test("gets a new server certificate when its address changed, or when that is asked for", async () => {
    const call = engineCall("m1");
    const state = await kind().create(call);
    const first = host.text("/etc/docker/server.pem");
    host = Object.assign(host, { endpoint: { ...host.endpoint, host: "2001:db8::7" } });
    const seen = (await kind().read({ ...call, state }))!;
    expect(seen.url).toBe("tcp://[2001:db8::7]:2376");
    expect(drift(seen, call.props)).toEqual(expect.arrayContaining(["sans", "unit"]));
    const { after } = await update({}, seen, ["sans", "unit"]);
    expect(after.certSans).toContain("2001:db8::7");
    const second = host.text("/etc/docker/server.pem");
    expect(second).not.toBe(first);
    const { call: renewal } = await update({}, after, ["certificates"]);
    expect(host.text("/etc/docker/server.pem")).not.toBe(second);
    expect(applied(renewal)).toEqual(["certificates"]);
  });

  test("is not ours without our mark, and is taken over with a word", async () => {
    const call = engineCall("m1");
    const state = await kind().create(call);
    const other = engineCall("m1", {}, { owner: "somebody-else" });
    expect(await kind().read({ ...other, state: undefined })).toBeUndefined();
    await kind().delete({ ...other, state });
    expect(host.text(MARKER)).toBeDefined();
    await kind().create(other);
    expect(other.logs.join()).toContain("taken over");
    expect(json(MARKER).owner).toBe("somebody-else");
  });

  test("takes the place of docker-machine's drop-in, and leaves a user's of that name", async () => {
    const theirs =
      "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H tcp://0.0.0.0:2376 --tlsverify --tlscacert /etc/docker/ca.pem\n";
    host.put(DOCKER_MACHINE_DROP_IN, theirs);
    await kind().create(engineCall("m1"));
    expect(host.text(DOCKER_MACHINE_DROP_IN)).toBeUndefined();
    host = fakeEngineHost();
    run++;
    host.put(DOCKER_MACHINE_DROP_IN, "[Service]\nLimitNOFILE=9\n");
    await kind().create(engineCall("m1"));
    expect(host.text(DOCKER_MACHINE_DROP_IN)).toBeDefined();
  });

  test.each([
    ["provision.daemon-json", '{"hosts":["tcp://0.0.0.0:2375"]}'],
    ["provision.daemon-json", '{"debug": tru'],
    ["provision.daemon-json", "[]"],
  ])("refuses a daemon.json it cannot work with: %s, %s", async (code, text) => {
    host.put(DAEMON, text);
    const call = engineCall("m1");
    await expect(kind().create(call)).rejects.toMatchObject({
      code,
      hint: expect.stringContaining("Nothing was changed"),
    });
    expect(host.text(DAEMON)).toBe(text);
    expect([host.restarts, host.text(MARKER), host.text(DROP_IN_PATH)]).toEqual([0, undefined, undefined]);
    expect(call.steps).toEqual([]);
  });

  test("puts the earlier configuration back when dockerd does not start", async () => {
    const state = await kind().create(engineCall("m1"));
    const before = host.text(DAEMON);
    host.refuses = (text) => text(DAEMON)?.includes("nonsense") ?? false;
    const failed = update({ storageDriver: "nonsense" }, state);
    await expect(failed).rejects.toMatchObject({
      code: "provision.daemon",
      cause: expect.stringContaining("no such driver"),
    });
    expect(host.text(DAEMON)).toBe(before);
    expect(host.active).toBe(true);
  });

  test.each([
    [{ code: 73, stderr: "sh: write error: No space left on device" }, "provision.disk-full"],
    [{ code: 65, stderr: "unable to configure: unknown option" }, "provision.daemon-json"],
    [{ code: 64 }, "provision.configure"],
    [{ code: 72, stderr: "before: 1 containers" }, "provision.out-of-sight"],
    [{ code: 74 }, "provision.swarm-locked"],
    [{ code: 0, stdout: "half" }, "provision.probe"],
  ])("says what a failed apply means: %o is %s", async (answer, code) => {
    host.on(/machinist (restart|reload|none)/, answer);
    await expect(kind().create(engineCall("m1", { hostname: false }))).rejects.toMatchObject({ code });
  });

  test.each([
    [{ code: 127 }, false, "The host could not be examined: it runs no sh"],
    [
      { code: 126, stderr: "sh: not allowed" },
      false,
      "The host could not be examined: it runs no sh (sh: not allowed)",
    ],
    [{ code: 1, stdout: "Not available.\n" }, true, "The host could not be examined: exit code 1, Not available."],
  ])(
    "a host that cannot be examined (%o) is asked again only where that can help",
    async (answer, retryable, message) => {
      host.on(/machinist-facts/, answer);
      const failed = kind().create(engineCall("m1", { hostname: false }));
      await expect(failed).rejects.toMatchObject({ code: "provision.probe", retryable, message });
    },
  );

  test("an engine that was stopped is started", async () => {
    const state = await kind().create(engineCall("m1"));
    host.active = false;
    const { after, call } = await update({}, state, ["running"]);
    expect(after.running).toBe(true);
    expect(applied(call)).toEqual(["start"]);
  });

  test("a cancelled call ends as cancelled", async () => {
    const cancel = new AbortController();
    cancel.abort(new DOMException("stop", "AbortError"));
    await expect(kind().create(engineCall("m1", {}, { signal: cancel.signal }))).rejects.toMatchObject({
      code: "cancelled",
    });
  });
});
