import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { drift } from "../src/index.ts";
import { applied, engineCall } from "./engine-call.ts";
import { ask } from "./lab-engine.ts";
import { World } from "./lab-world.ts";

const reason = unavailable();

describeUnless(reason, "a bare host", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start(1, "bare");
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  test("whose mirror is wrong, whose disk is full, whose Docker is not to be installed: each says so", async () => {
    await expect(world.create("m1", { install: "none" })).rejects.toMatchObject({ code: "provision.docker-missing" });
    await world.sh("m1", "cp -a /etc/apt/sources.list* /root/ && rm -rf /var/lib/apt/lists/*");
    await world.sh("m1", "sed -i 's#http://[^ ]*#http://127.0.0.1:9/debian#' /etc/apt/sources.list");
    await expect(world.create("m1")).rejects.toMatchObject({
      code: "provision.install",
      cause: expect.stringContaining("127.0.0.1:9"),
      hint: expect.stringContaining("package sources"),
    });
    await world.sh("m1", "cp -a /root/sources.list* /etc/apt/");
    await world.sh("m1", "mount -t tmpfs -o size=1m none /var/cache/apt/archives");
    await expect(world.create("m1")).rejects.toMatchObject({ code: "provision.disk-full" });
    await world.sh("m1", "umount /var/cache/apt/archives");
    expect(await world.read("m1", {})).toBeUndefined();
  });

  test("whose packages would have to go keeps them, and they are named", async () => {
    const build = (name: string, ...fields: string[]) =>
      `mkdir -p /root/${name}/DEBIAN && printf '%s\\n' 'Package: ${name}' 'Version: 1.0' 'Architecture: all' 'Maintainer: x <x@y.example>' ${fields.map((field) => `'${field}'`).join(" ")} 'Description: x' > /root/${name}/DEBIAN/control && dpkg-deb -b /root/${name} && dpkg -i /root/${name}.deb`;
    await world.sh(
      "m1",
      build("containerd.io", "Provides: containerd", "Conflicts: containerd, runc", "Replaces: containerd, runc"),
    );
    await world.sh("m1", build("site-tool", "Depends: containerd.io"));
    await expect(world.create("m1")).rejects.toMatchObject({
      code: "provision.conflict",
      message: expect.stringMatching(/containerd\.io.*site-tool|site-tool.*containerd\.io/),
      hint: expect.stringContaining("Nothing was removed"),
    });
    expect(await world.sh("m1", "dpkg-query -W -f '${db:Status-Status} ' containerd.io site-tool")).toBe(
      "installed installed",
    );
    await world.sh("m1", "dpkg -P site-tool containerd.io");
  });

  test("gets Docker by apt, behind mutual TLS; a second run changes nothing", async () => {
    const { state, call } = await world.create("m1", { labels: { env: "dev" } });
    expect(applied(call)).toEqual(expect.arrayContaining(["docker", "certificates", "configuration"]));
    expect(drift(state, call.props)).toEqual([]);
    const info = await world.info("m1", state.url);
    expect(info).toMatchObject({ ServerVersion: state.version, ID: state.daemonId, Name: "m1" });
    expect((info.Labels as string[]).sort()).toEqual(["env=dev", "provider=generic"]);
    expect(await world.sh("m1", "docker compose version --short")).toMatch(/^2\./);
    const ca = await readFile(join(world.machineDir("m1"), "ca.pem"), "utf8");
    await expect(ask(state.url, "/info", undefined, ca)).rejects.toThrow(/certificate required|alert/i);

    const pid = await world.pid("m1");
    const again = await world.update("m1", { labels: { env: "dev" } }, state);
    expect(applied(again.call)).toEqual([]);
    expect(again.state).toEqual(state);
    expect(await world.read("m1", { labels: { env: "dev" } }, state)).toEqual(state);
    expect(await world.pid("m1")).toBe(pid);
    expect(await world.sh("m1", "stat -c '%a %n' /etc/docker/server-key.pem /etc/docker/machinist.json")).toBe(
      "600 /etc/docker/server-key.pem\n600 /etc/docker/machinist.json",
    );
    expect(await world.sh("m1", "ls -A /etc/docker | sort | tr '\\n' ' '")).toBe(
      "ca.pem daemon.json machinist.json server-key.pem server.pem",
    );
  });
});

describeUnless(reason, "hosts with Docker", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start(3, "docker");
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  test("three at once share one authority", async () => {
    const made = await Promise.all(["m1", "m2", "m3"].map((machine) => world.create(machine)));
    expect(new Set(made.map(({ state }) => state.caFingerprint)).size).toBe(1);
    for (const { state, call } of made) {
      expect(drift(state, call.props)).toEqual([]);
      expect(applied(call)).not.toContain("docker");
    }
  });

  test("the user's daemon.json is kept, the environment arrives as it is, labels need no restart", async () => {
    await world.sh("m1", `printf '{"max-concurrent-downloads": 7, "debug": true}' > /etc/docker/daemon.json`);
    const value = `http://u%20x:"p\\w"@proxy/ $HOME 'q'`;
    const spec = { env: { HTTP_PROXY: value }, logDriver: "local" };
    const { state } = await world.create("m1", spec);
    const environ = await world.sh("m1", `tr '\\0' '\\n' < /proc/${await world.pid("m1")}/environ`);
    expect(environ.split("\n")).toContain(`HTTP_PROXY=${value}`);
    const daemon = JSON.parse(await world.sh("m1", "cat /etc/docker/daemon.json"));
    expect(daemon).toEqual({
      "max-concurrent-downloads": 7,
      debug: true,
      "log-driver": "local",
      labels: ["provider=generic"],
    });
    const pid = await world.pid("m1");
    const { state: labelled } = await world.update("m1", { ...spec, labels: { zone: "b" } }, state);
    expect((await world.info("m1", labelled.url)).Labels).toContain("zone=b");
    expect(await world.pid("m1")).toBe(pid);
    const { state: plain } = await world.update("m1", {}, labelled);
    expect(plain.ownKeys).toEqual([]);
    expect(await world.info("m1", plain.url)).toMatchObject({ LoggingDriver: "json-file", Debug: true });
  });

  test("a configuration that dockerd does not take is rolled back, or refused before anything changes", async () => {
    const { state } = await world.create("m2");
    const before = await world.sh("m2", "cat /etc/docker/daemon.json");
    await expect(world.update("m2", { storageDriver: "nonsense" }, state)).rejects.toMatchObject({
      code: "provision.daemon",
      cause: expect.stringMatching(/nonsense|driver/),
    });
    expect(await world.sh("m2", "cat /etc/docker/daemon.json")).toBe(before);
    expect(await world.info("m2", state.url)).toMatchObject({ ID: state.daemonId });
    const pid = await world.pid("m2");
    await expect(world.update("m2", { options: { "no-such-key": 1 } }, state)).rejects.toMatchObject({
      code: "provision.daemon-json",
    });
    expect(await world.pid("m2")).toBe(pid);
    expect(await world.sh("m2", "ls -A /etc/docker | grep machinist")).toBe("machinist.json");
    expect(drift((await world.read("m2", {}, state))!, engineCall("m2").props)).toEqual([]);
  });

  test("a full disk leaves the configuration as it was", async () => {
    const { state } = await world.create("m2");
    await world.sh(
      "m2",
      "mkdir /root/keep && cp -a /etc/docker/. /root/keep/ && mount -t tmpfs -o size=64k none /etc/docker",
    );
    await world.sh("m2", "cp -a /root/keep/. /etc/docker/; cat /dev/zero > /etc/docker/fill 2> /dev/null || true");
    try {
      await expect(world.update("m2", { dns: ["192.0.2.53"] }, state)).rejects.toMatchObject({
        code: "provision.disk-full",
      });
      expect(await world.info("m2", state.url)).toMatchObject({ ID: state.daemonId });
    } finally {
      await world.sh("m2", "umount /etc/docker");
    }
  });

  test("a drifted and stopped engine is repaired, certificates are renewed when asked", async () => {
    const { state, call } = await world.create("m3", { dns: ["192.0.2.53"] });
    const script =
      "rm /etc/docker/server.pem; echo '{}' > /etc/docker/daemon.json; systemctl stop docker.socket docker";
    await world.sh("m3", script);
    const seen = (await world.read("m3", call.props, state))!;
    expect(drift(seen, call.props)).toEqual(["dns", "labels", "certificates", "running"]);
    const { state: repaired } = await world.update("m3", { dns: ["192.0.2.53"] }, seen, drift(seen, call.props));
    expect(drift(repaired, call.props)).toEqual([]);
    const old = await world.sh("m3", "sha256sum /etc/docker/server.pem");
    await world.update("m3", { dns: ["192.0.2.53"] }, repaired, ["certificates"]);
    expect(await world.sh("m3", "sha256sum /etc/docker/server.pem")).not.toBe(old);
  });

  test("a login that is not root's works by sudo, and what is root's stays so", async () => {
    await world.sh("m2", "useradd -m ops && cp -r /root/.ssh /home/ops/ && chown -R ops: /home/ops/.ssh");
    await world.sh("m2", "echo 'ops ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/ops");
    world.users.set("m2", "ops");
    await world.pool.drop("m2");
    const spec = { labels: { by: "ops" }, dns: ["192.0.2.53"] };
    const { state, call } = await world.create("m2", spec);
    expect(drift(state, call.props)).toEqual([]);
    expect((await world.info("m2", state.url)).Labels).toContain("by=ops");
    expect(await world.sh("m2", "find /etc/docker /etc/systemd/system/docker.service.d ! -user root")).toBe("");
  });

  test("let go, a host keeps Docker and the user's settings, and its port is closed", async () => {
    const { state, call } = await world.create("m1");
    await world.kind.delete({ ...call, state });
    expect(await world.read("m1", {}, state)).toBeUndefined();
    expect(JSON.parse(await world.sh("m1", "cat /etc/docker/daemon.json"))).toEqual({
      "max-concurrent-downloads": 7,
      debug: true,
    });
    expect(await world.sh("m1", "docker info --format '{{.ID}}'")).toBe(state.daemonId);
    expect(await world.sh("m1", "ls -A /etc/docker")).toBe("daemon.json");
    await expect(world.info("m1", state.url)).rejects.toThrow(/ECONNREFUSED/);
    await world.kind.delete({ ...call, state });
  });
});
