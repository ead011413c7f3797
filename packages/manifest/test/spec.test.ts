import { join } from "node:path";
import type { FleetSpec } from "@machinist/core";
import { describe, expect, it } from "vitest";
import { readManifest } from "../src/index.ts";
import { inFolder, read } from "./folder.ts";

const example = `
name: demo
driver: nspawn                        # defaults for all groups; a group may say otherwise
options: { release: trixie }
engine: { labels: { env: dev } }
machines:
  manager: { swarm: manager }
  worker: { count: 2, swarm: worker, labels: { disk: ssd } }
compose:                              # after Docker, before Swarm
  - { file: consul/compose.yaml, on: manager-1 }
stacks:                               # after Swarm
  web: { file: web/stack.yaml }
`;
const exampleFiles = { "machines.yaml": example, "consul/compose.yaml": "", "web/stack.yaml": "" };

const machines = async (text: string, options = {}) => (await read(text, options)).spec.machines;

describe("readManifest", () => {
  it("expands the example to the whole fleet", async () => {
    await inFolder(exampleFiles, async (cwd) => {
      const { spec, warnings, files, where } = await readManifest(["machines.yaml"], { env: {}, cwd });
      const common = { driver: "nspawn", options: { release: "trixie" }, engine: { labels: { env: "dev" } } };
      const worker = { ...common, group: "worker", swarm: { role: "worker", labels: { disk: "ssd" } } } as const;
      const wanted: FleetSpec = {
        name: "demo",
        machines: [
          { ...common, name: "manager-1", group: "manager", swarm: { role: "manager" } },
          { ...worker, name: "worker-1" },
          { ...worker, name: "worker-2" },
        ],
        compose: [{ name: "consul", machine: "manager-1", files: [join(cwd, "consul/compose.yaml")] }],
        stacks: [{ name: "web", files: [join(cwd, "web/stack.yaml")] }],
        contexts: true,
      };
      expect(spec).toStrictEqual(wanted);
      expect(warnings).toEqual([]);
      expect(files).toEqual([join(cwd, "machines.yaml")]);
      expect(where("worker-2")).toBe("machines.yaml:8:3");
      expect(where("worker-2", "release")).toBe("machines.yaml:4:12");
      expect([where("nobody"), where("worker-1", "nothing")]).toEqual([undefined, undefined]);
    });
  });

  it("reads leases, and hooks with what they do, their paths, names and standards", async () => {
    const text = `
name: demo
machines:
  web: { count: 2, lease: 1h30m }
  db: {}
hooks:
  - { on: [machine.created, machine.removed], run: hooks/dns.sh }
  - { on: run.started, when: before, run: [sh, -c, "echo $$1"], timeout: 1m, retries: 2, on-failure: fail }
  - { on: engine.ready, module: ./notify.mjs }
  - { on: engine.ready, module: "@acme/notify", name: acme }
  - { on: compose.up, container: { image: "alpine:3", command: [env], machine: web-1 } }
  - { hosts: [local, web] }
  - { hosts: { on: machines, file: hosts.test } }
  - { ssh-config: true }
  - { ssh-config: ssh/config }
  - { contexts: true, on: run.finished }
  - { on: run.finished, webhook: { url: "https://example.com/x", secret-env: HOOK_SECRET } }
`;
    const files = { "machines.yaml": text, "hooks/dns.sh": "", "notify.mjs": "" };
    await inFolder(files, async (cwd) => {
      const { spec } = await readManifest(["machines.yaml"], { env: {}, cwd });
      expect(spec.machines.map(({ name, leaseMs }) => [name, leaseMs])).toEqual([
        ["web-1", 5_400_000],
        ["web-2", 5_400_000],
        ["db-1", undefined],
      ]);
      const standard = { when: "after", timeoutMs: 30_000, retries: 0, onFailure: "warn", folder: cwd };
      const level = ["machine.created", "machine.address", "machine.removed", "engine.ready"];
      expect(spec.hooks?.map(({ name, on, action }) => [name, on, action])).toEqual([
        ["dns.sh", ["machine.created", "machine.removed"], { type: "run", argv: [join(cwd, "hooks/dns.sh")] }],
        ["sh", ["run.started"], { type: "run", argv: ["sh", "-c", "echo $1"] }],
        ["notify.mjs", ["engine.ready"], { type: "module", module: join(cwd, "notify.mjs") }],
        ["acme", ["engine.ready"], { type: "module", module: "@acme/notify" }],
        ["alpine:3", ["compose.up"], { type: "container", image: "alpine:3", command: ["env"], machine: "web-1" }],
        ["hosts", level, { type: "hosts", on: ["local", "web-1", "web-2"] }],
        ["hosts-2", level, { type: "hosts", on: ["machines"], file: join(cwd, "hosts.test") }],
        ["ssh-config", level, { type: "ssh-config" }],
        ["ssh-config-2", level, { type: "ssh-config", file: join(cwd, "ssh/config") }],
        ["contexts", ["run.finished"], { type: "contexts" }],
        ["webhook", ["run.finished"], { type: "webhook", url: "https://example.com/x", secretEnv: "HOOK_SECRET" }],
      ]);
      expect(spec.hooks?.[0]).toMatchObject(standard);
      expect(spec.hooks?.[1]).toMatchObject({ when: "before", timeoutMs: 60_000, retries: 2, onFailure: "fail" });
    });
  });

  it("reads what holds for the Swarm as a whole", async () => {
    const { spec } = await read(
      "swarm: { autolock: true, max-unavailable: 2 }\nmachines: { m: { count: 3, swarm: manager } }\n",
    );
    expect(spec.swarm).toEqual({ autolock: true, maxUnavailable: 2 });
    expect((await read("swarm:\nmachines: { m: {} }\n")).spec).not.toHaveProperty("swarm");
  });

  it("spreads a group over its zones, each machine always into the same", async () => {
    const zones = async (count: number) =>
      (await machines(`machines: { m: { count: ${count}, zones: [a, b], options: { type: t } } }\n`)).map(
        ({ options }) => options,
      );
    expect(await zones(3)).toEqual(["a", "b", "a"].map((zone) => ({ type: "t", zone })));
    expect(await zones(1)).toEqual([{ type: "t", zone: "a" }]);
  });

  it("reads every key of a group and of its engine", async () => {
    const text = `
machines:
  m:
    count: 1
    driver: owner/image:1
    options: { cpus: 2, tags: [a, b], deep: { yes: true } }
    swarm: { role: manager, labels: { a: 2.10 }, availability: drain, advertise: eth0 }
    labels: { a: 1, b: }
    engine:
      install: https://get.example/docker.sh
      version: 28.10
      port: 2377
      labels: { on: true, n: 007 }
      dns: [10.0.0.1]
      insecure-registries: [r:5000]
      registry-mirrors: [https://m]
      storage-driver: overlay2
      log-driver: journald
      log-options: { max-size: 10m }
      env: { HTTP_PROXY: http://p }
      options: { debug: true }
      sans: [box.lan]
      hostname: false
contexts: false
`;
    const { spec } = await read(text);
    expect(spec.contexts).toBe(false);
    expect(spec.machines).toStrictEqual([
      {
        name: "m-1",
        group: "m",
        driver: "owner/image:1",
        options: { cpus: 2, tags: ["a", "b"], deep: { yes: true } },
        swarm: { role: "manager", labels: { a: "2.10", b: "" }, availability: "drain", advertise: "eth0" },
        engine: {
          install: "https://get.example/docker.sh",
          version: "28.10",
          port: 2377,
          labels: { on: "true", n: "007" },
          dns: ["10.0.0.1"],
          insecureRegistries: ["r:5000"],
          registryMirrors: ["https://m"],
          storageDriver: "overlay2",
          logDriver: "journald",
          logOptions: { "max-size": "10m" },
          env: { HTTP_PROXY: "http://p" },
          options: { debug: true },
          sans: ["box.lan"],
          hostname: false,
        },
      },
    ]);
  });

  it("lets a group say otherwise about Docker", async () => {
    const found = await machines(`
engine: { labels: { a: 1, b: 1 }, dns: [x] }
machines:
  same: {}
  none: { engine: false }
  yes: { engine: true }
  more: { engine: { labels: { b: 2 }, dns: [y] } }
`);
    const base = { labels: { a: "1", b: "1" }, dns: ["x"] };
    expect(found.map(({ engine }) => engine)).toEqual([base, false, base, { labels: { a: "1", b: "2" }, dns: ["y"] }]);
    const off = await machines("engine: false\nmachines: { a: {}, b: { engine: true }, c: { engine: { port: 1 } } }\n");
    expect(off.map(({ engine }) => engine)).toEqual([false, {}, { port: 1 }]);
  });

  it("gives options to the driver they are for", async () => {
    const found = await machines(`
driver: a
options: { x: 1, y: 1 }
machines: { one: { options: { y: 2 } }, two: { driver: b, options: { z: 3 } }, three: { driver: a } }
`);
    expect(found.map(({ options }) => options)).toEqual([{ x: 1, y: 2 }, { z: 3 }, { x: 1, y: 1 }]);
  });

  it("has defaults: the folder's name, nspawn or what the caller prefers, one machine, contexts", async () => {
    const { spec } = await read("machines:\n  web:\n  none: { count: 0 }\ncompose:\nstacks:\n");
    expect(spec).toMatchObject({ name: "demo", contexts: true, compose: [], stacks: [] });
    expect(spec.machines).toEqual([{ name: "web-1", group: "web", driver: "nspawn", options: {}, engine: {} }]);
    expect((await machines("machines: { web: {} }\n", { defaultDriver: "qemu" }))[0]?.driver).toBe("qemu");
  });

  it("leaves keys that begin with x- to the user, whose anchors they hold", async () => {
    const text = `x-common: &common { count: 2, engine: { labels: { env: dev } } }\nx-note: anything\nmachines: { web: *common }\n`;
    expect((await machines(text)).map(({ name }) => name)).toEqual(["web-1", "web-2"]);
    await expect(read("x: 1\nmachines: { web: {} }\n")).rejects.toMatchObject({ code: "manifest.unknown-key" });
  });

  it("gives stacks their variables by name, and how long they must stay up", async () => {
    const text =
      "machines: { m: { swarm: manager } }\nstacks:\n  s: { file: s.yaml, env: [TOKEN, TAG], registries: [ghcr.io], steady: 30 }\n";
    const { spec } = await read(text, { files: { "s.yaml": "" } });
    expect(spec.stacks).toMatchObject([
      { name: "s", env: ["TOKEN", "TAG"], registries: ["ghcr.io"], steadyMs: 30_000 },
    ]);
    for (const wrong of ["env: [a-b]", "steady: 0", "steady: soon"])
      await expect(
        read(text.replace("steady: 30", wrong).replace("env: [TOKEN, TAG], env", "env"), { files: { "s.yaml": "" } }),
      ).rejects.toThrow();
  });

  it("puts projects where they belong", async () => {
    const text = `
machines: { a: { count: 2 }, b: {} }
compose:
  - { file: shop/docker-compose.yml, on: [b, a-1, a-1] }
  - { files: [one/Big.Thing.yaml, two.yaml], on: all, env-file: e.env, profiles: [p] }
  - { file: two.yaml, on: a, name: mine, env-file: [e.env, f.env] }
`;
    const files = { "shop/docker-compose.yml": "", "one/Big.Thing.yaml": "", "two.yaml": "", "e.env": "", "f.env": "" };
    const { spec } = await read(text, { files });
    const placed = spec.compose.map(({ name, machine }) => `${name} ${machine}`);
    expect(placed).toEqual([
      "shop b-1",
      "shop a-1",
      ...["a-1", "a-2", "b-1"].map((machine) => `big-thing ${machine}`),
      "mine a-1",
      "mine a-2",
    ]);
    expect(spec.compose[2]).toMatchObject({ profiles: ["p"], envFiles: [expect.stringMatching(/demo\/e\.env$/)] });
    expect(spec.compose[5]?.envFiles).toHaveLength(2);
  });

  it("puts projects in order, and what comes after one that comes after the Swarm comes after that too", async () => {
    const text = `
machines: { a: { swarm: manager } }
compose:
  - { file: consul.yaml, on: a, before: swarm, wait: healthy, timeout: 60, env: [TOKEN] }
  - { file: tune.yaml, on: a, after: consul, wait: completed }
  - { file: late.yaml, on: a, after: [swarm, tune] }
  - { file: later.yaml, on: a, after: late }
`;
    const files = { "consul.yaml": "", "tune.yaml": "", "late.yaml": "", "later.yaml": "" };
    const { spec } = await read(text, { files });
    expect(spec.compose.map(({ machine: _machine, files: _files, ...rest }) => rest)).toEqual([
      { name: "consul", wait: "healthy", timeoutMs: 60_000, env: ["TOKEN"] },
      { name: "tune", wait: "completed", after: ["consul"] },
      { name: "late", after: ["tune"], afterSwarm: true },
      { name: "later", after: ["late"], afterSwarm: true },
    ]);
  });

  it("warns of an even number of managers, and goes on", async () => {
    const { warnings } = await read("machines:\n  m: { count: 2, swarm: manager }\n");
    expect(warnings).toEqual([
      "machines.yaml:2:3: 2 managers survive the loss of no more of them than 1 do; an odd number is better",
    ]);
  });
});
