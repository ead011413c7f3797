import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../../test/skipped.ts";
import { decodePlan, encodePlan } from "../../src/index.ts";
import { EngineHosts } from "./engine-hosts.ts";

const reason = unavailable();

/** Every file of a folder with its content, mode and times. */
async function snapshot(folder: string): Promise<{ [path: string]: string }> {
  const paths = (await readdir(folder, { recursive: true })).sort();
  const entries = paths.map(async (path) => {
    const at = join(folder, path);
    const { mode, mtimeMs, ctimeMs, ino } = await stat(at);
    const content = (await stat(at)).isFile()
      ? createHash("sha256")
          .update(await readFile(at))
          .digest("hex")
      : "";
    return [path, `${mode} ${mtimeMs} ${ctimeMs} ${ino} ${content}`] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

describeUnless(reason, "Docker on three hosts with a container each", () => {
  let world: EngineHosts;
  const first = { dns: ["192.0.2.53"], labels: { tier: "a" } };
  beforeAll(async () => {
    world = await EngineHosts.start(3);
    const made = await world.machinist.up(world.fleet(first)).result;
    expect(made.failures).toEqual([]);
    await Promise.all(world.names.map((name) => world.runSleeper(name)));
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  test("plan writes nothing, neither in the store nor on a host", async () => {
    const spec = world.fleet({ ...first, labels: { tier: "b" }, version: "1.0" });
    const hosts = async () => Promise.all(world.names.map((name) => world.everything(name)));
    const before = [await snapshot(world.storePath), await hosts()];
    expect(await world.engines(spec)).toMatchObject([{ action: "update" }, { action: "update" }, { action: "update" }]);
    expect([await snapshot(world.storePath), await hosts()]).toEqual(before);
  });

  test("another label: a reload, as planned; every container keeps its id, start time and process", async () => {
    const spec = world.fleet({ ...first, labels: { tier: "b" } });
    for (const change of await world.engines(spec))
      expect(change).toMatchObject({
        ...{ action: "update", props: ["labels"], drift: false, how: "reload (containers untouched)" },
        diff: [{ prop: "labels", before: { tier: "a" }, after: { tier: "b" } }],
      });
    const before = await world.alive();
    expect((await world.machinist.up(spec).result).failures).toEqual([]);
    expect(await world.alive()).toEqual(before);
    expect((await world.machinist.up(spec).result).changed).toBe(0);
    expect(await world.sh("m1", "docker info -f '{{.Labels}}'")).toContain("tier=b");
  });

  test("another dns and label: Docker restarts as planned, the containers do not notice, a second up does nothing", async () => {
    const spec = world.fleet({ dns: ["192.0.2.54"], labels: { tier: "c" } });
    for (const change of await world.engines(spec))
      expect(change).toMatchObject({
        ...{ action: "update", props: ["dns", "labels"], how: "restart (containers kept)" },
        diff: [{ prop: "dns", before: ["192.0.2.53"], after: ["192.0.2.54"] }, { prop: "labels" }],
      });
    const before = await world.alive();
    expect((await world.machinist.up(spec).result).failures).toEqual([]);
    const after = await world.alive();
    expect(after.containers).toEqual(before.containers);
    for (const [index, pid] of after.dockers.entries()) expect(pid).not.toBe(before.dockers[index]);
    expect((await world.machinist.up(spec).result).changed).toBe(0);
    expect((await world.alive()).dockers).toEqual(after.dockers);
    // What was lent is given back, in the file and in the running Docker.
    expect(await world.daemon("m1")).toEqual({ dns: ["192.0.2.54"], labels: ["provider=generic", "tier=c"] });
    expect(await world.sh("m1", "docker info -f '{{.LiveRestoreEnabled}}'")).toBe("false");
    expect(await world.sh("m1", "docker exec sleeper /usr/bin/sleep 0; docker stop -t 0 sleeper")).toBe("sleeper");
    await world.sh("m1", "docker start sleeper");
  });

  test("what was changed by hand is drift, and only what was declared is repaired", async () => {
    const spec = world.fleet({ dns: ["192.0.2.54"], labels: { tier: "c" } });
    const edited = { dns: ["203.0.113.1"], labels: ["provider=generic", "tier=c", "mine=1"], debug: true };
    await world.sh("m2", `echo '${JSON.stringify(edited)}' > /etc/docker/daemon.json && systemctl reload docker`);
    const [, drifted] = await world.engines(spec);
    expect(drifted).toMatchObject({
      ...{ action: "update", drift: true, props: ["dns"], how: "restart (containers kept)" },
      diff: [{ prop: "dns", before: ["203.0.113.1"], after: ["192.0.2.54"], drift: true }],
    });
    const before = await world.alive();
    expect((await world.machinist.up(spec).result).failures).toEqual([]);
    expect(await world.daemon("m2")).toEqual({ ...edited, dns: ["192.0.2.54"] });
    const after = await world.alive();
    expect(after.containers).toEqual(before.containers);
    expect([after.dockers[0], after.dockers[2]]).toEqual([before.dockers[0], before.dockers[2]]);
  });

  test("names of the certificate, a log driver, a mirror, environment: in place, containers kept", async () => {
    const spec = world.fleet({
      ...{ dns: ["192.0.2.54"], labels: { tier: "c" }, sans: ["db.example.org"], logDriver: "local" },
      ...{ env: { HTTP_PROXY: "http://me:hunter2@192.0.2.80" }, registryMirrors: ["https://mirror.example"] },
    });
    const [change] = await world.engines(spec);
    expect(change).toMatchObject({
      how: "restart (containers kept)",
      notes: ["A new server certificate covers db.example.org"],
    });
    expect(JSON.stringify(change)).not.toContain("hunter2");
    const before = await world.alive();
    expect((await world.machinist.up(spec).result).failures).toEqual([]);
    expect((await world.alive()).containers).toEqual(before.containers);
    expect((await world.machinist.plan(spec)).changes.every(({ action }) => action === "none")).toBe(true);
  });

  test("killed while live-restore is lent: the next up finishes it, and the containers did not notice", async () => {
    const spec = world.fleet({ dns: ["192.0.2.55"], labels: { tier: "c" } });
    const before = await world.alive();
    const running = world.machinist.up(spec).result;
    // The script on the host, not the connection: it goes on where a connection is lost.
    const killed = world.sh(
      "m1",
      `until grep -q live-restore /etc/docker/daemon.json; do sleep 0.01; done; pkill -9 -f 'machinist restar[t] systemd'`,
    );
    await Promise.all([running, killed]);
    expect((await world.machinist.up(spec).result).failures).toEqual([]);
    expect((await world.alive()).containers).toEqual(before.containers);
    expect(await world.daemon("m1")).toEqual({ dns: ["192.0.2.55"], labels: ["provider=generic", "tier=c"] });
    expect(
      await world.sh("m1", "docker info -f '{{.LiveRestoreEnabled}}'; ls -A /etc/docker | grep -c new || true"),
    ).toBe("false\n0");
    expect((await world.machinist.up(spec).result).changed).toBe(0);
  });

  test("a plan that was kept is done, once", async () => {
    const spec = world.fleet({ dns: ["192.0.2.55"], labels: { tier: "d" }, hostname: true });
    const origin = { manifests: [], machinist: "test", now: 0 };
    const plan = decodePlan(encodePlan(await world.machinist.plan(spec), origin), "plan");
    expect(plan.plan.changes.find(({ id }) => id === "m1/engine")?.notes?.[0]).toContain("Its hostname is");
    const before = await world.alive();
    expect((await world.machinist.up(spec, { plan }).result).failures).toEqual([]);
    expect(await world.alive()).toEqual(before);
    expect(await world.sh("m1", "hostname")).toBe("m1");
    await expect(world.machinist.up(spec, { plan }).result).rejects.toMatchObject({ code: "plan.stale" });
  });

  test("a configuration with which Docker does not start: it runs again as before, with its containers", async () => {
    const spec = world.fleet({ dns: ["192.0.2.54"], options: { "metrics-addr": "192.0.2.7:9323" } });
    const before = await world.alive();
    expect((await world.machinist.up(spec).result).failures).toMatchObject([
      { code: "provision.daemon", message: expect.stringContaining("it runs again") },
      {},
      {},
    ]);
    expect((await world.alive()).containers).toEqual(before.containers);
    expect(await world.sh("m1", "docker info -f '{{.LiveRestoreEnabled}}'")).toBe("false");
    expect(await world.daemon("m1")).not.toHaveProperty("live-restore");
  });

  test("another storage driver: it is said that containers stop and are not seen any more", async () => {
    const [change] = await world.engines(world.fleet({ storageDriver: "vfs" }));
    expect(change).toMatchObject({
      how: "restart (containers stop)",
      notes: [expect.stringContaining("storage-driver")],
    });
    const own = world.fleet({});
    const only = {
      ...own,
      machines: own.machines.map((each, at) =>
        at === 2 ? { ...each, engine: { hostname: false, storageDriver: "vfs" } } : each,
      ),
    };
    expect((await world.machinist.up(only).result).failures).toEqual([]);
    expect(await world.sh("m3", "docker ps -aq | wc -l; pidof containerd-shim-runc-v2 | wc -w")).toBe("0\n0");
  });

  test("on nodes of a Swarm containers stop with Docker, and live-restore is refused before anything happens", async () => {
    await world.sh("m1", "docker swarm init --advertise-addr 127.0.0.1 > /dev/null");
    const spec = world.fleet({ dns: ["192.0.2.99"] });
    expect((await world.engines(spec))[0]).toMatchObject({ how: "restart (containers stop)" });
    const live = world.fleet({ options: { "live-restore": true } });
    expect((await world.engines(live))[0]).toMatchObject({
      action: "update",
      refused: expect.stringContaining("Swarm"),
    });
    const { dockers } = await world.alive().catch(() => ({ dockers: [] as string[] }));
    const one = { ...live, machines: live.machines.slice(0, 1) };
    expect((await world.machinist.up(one, { prune: false }).result).failures).toMatchObject([
      { code: "provision.live-restore" },
    ]);
    expect((await world.alive().catch(() => ({ dockers: [] as string[] }))).dockers).toEqual(dockers);
  });
});
