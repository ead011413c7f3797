import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hosts } from "@machinist/core";
import { createFakeHost } from "@machinist/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { composeResourceTypes, planStack } from "../src/index.ts";
import { lookOf } from "../src/stack-read.ts";
import { LOOK_OBJECTS, MARK_STACK, READ_STACK, REMOVE_UNUSED, SERVICE_LOGS } from "../src/stack-scripts.ts";

import { fleet, hand, printed, type Seen, virtualClock } from "./stack-world.ts";

describe("a stack that is deployed", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "machinist-stack-kind-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Swarm tells one thing after the other, the last for ever; the first before anything was deployed. */
  const world = async (
    looks: readonly string[],
    more: { deploy?: object; text?: string; registries?: string[]; env?: { [name: string]: string } } = {},
  ) => {
    const file = join(folder, "stack.yaml");
    await writeFile(file, more.text ?? "services: { web: { image: x } }\n");
    const { registries, env = { HOME: folder } } = more;
    const spec = { name: "site", files: [file], ...(registries && { registries }) };
    const resource = await planStack(spec, fleet, env);
    const host = createFakeHost([], { name: "m1" });
    let next = 0;
    host.on((call) => call.type === "script", "");
    host.on(
      (call) => call.script === READ_STACK,
      () => looks[Math.min(next++, looks.length - 1)] ?? "",
    );
    host.on("docker stack deploy", more.deploy ?? {});
    const hosts: Hosts = { connect: async () => host };
    const kind = composeResourceTypes({ hosts, manager: async () => ["m1"], clock: virtualClock(), env })[
      "swarm.stack"
    ]!;
    const deployed = () => host.calls.filter(({ argv }) => argv.includes("deploy"));
    const marks = () => host.calls.filter(({ script }) => script === MARK_STACK).map(({ argv }) => argv[2]);
    return { host, kind, resource, deployed, marks, looks: () => next, create: () => kind.create(hand.call(resource)) };
  };
  const NOTHING = "true\nN\t1000\n";

  it("is marked as done when all of it has stayed for a while, and its files are gone from the host", async () => {
    const { create, marks, host, deployed, resource, looks } = await world([
      ...[NOTHING, printed({ replicas: "0/1", tasks: [["web.1", "Preparing"]] })],
      printed({}),
    ]);
    expect(await create()).toMatchObject({ services: [{ name: "web", running: 1, wanted: 1 }] });
    expect(marks()).toEqual(["", resource.props.digest]);
    expect(looks()).toBeGreaterThan(10);
    expect(deployed()[0]?.argv.slice(8).join(" ")).toBe(
      "docker stack deploy --prune --resolve-image changed -c /run/machinist-stacks/site/stack.yaml site",
    );
    const at = host.calls.findIndex(({ argv }) => argv.includes("deploy"));
    const removed = host.calls.findIndex(
      ({ script, argv }, index) => index > at && script?.includes("rm -rf") && argv[0] === "/run/machinist-stacks/site",
    );
    expect(removed).toBeGreaterThan(at);
    expect(host.calls.findIndex(({ script }) => script === REMOVE_UNUSED)).toBeGreaterThan(at);
  });

  it("is not ready while old tasks still run, unless their node is away", async () => {
    const both = [
      ["web.1", "Running"],
      ["web.1", "Running", "", "Shutdown"],
    ] as const;
    const { create, looks } = await world([
      NOTHING,
      ...Array.from({ length: 20 }, () => printed({ tasks: both })),
      printed({}),
    ]);
    await create();
    expect(hand.logged).toContain("site waits for old tasks of web to stop");
    expect(looks()).toBeGreaterThan(30);
    const away = await world([NOTHING, printed({ tasks: both })]);
    await away.create();
    expect(away.looks()).toBeGreaterThan(60);
  });

  it("gives nodes this user's logins, on stdin", async () => {
    const auths = { "ghcr.io": { auth: Buffer.from("me:hush-77").toString("base64") } };
    const env = { DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) };
    const { create, deployed, host, resource } = await world([NOTHING, printed({})], { registries: ["ghcr.io"], env });
    const state = await create();
    expect(deployed()[0]?.argv).toContain("--with-registry-auth");
    expect(Buffer.from(deployed()[0]?.stdin?.split("\n")[0] ?? "", "base64").toString()).toBe(
      JSON.stringify({ auths }),
    );
    const told = JSON.stringify([resource, state, host.transcript(), hand.logged]);
    expect(told).not.toMatch(/hush-77|bWU6aHVzaC03Nw/);
    await expect(world([NOTHING], { registries: ["ghcr.io"] })).rejects.toMatchObject({
      code: "compose.login-missing",
    });
  });

  it("that changes nothing is not watched", async () => {
    const first = lookOf(printed({}).split("\n").slice(1), "site").services[0];
    const same = printed({ mark: `d0\tweb=${first?.spec}/1` });
    const { create, looks } = await world([same]);
    await create();
    expect(looks()).toBe(2);
  });

  it.each<[string, string, Seen]>([
    [
      "stack.rolled-back",
      "Swarm took the update of web of site back: task: non-zero exit (3)",
      { update: { State: "rollback_completed" } },
    ],
    [
      "stack.update-paused",
      "Swarm stopped the update of web of site: task: non-zero exit (3)",
      { update: { State: "paused" } },
    ],
    [
      "stack.update-paused",
      "Swarm stopped the rollback of web of site: task: non-zero exit (3)",
      { update: { State: "rollback_paused" } },
    ],
  ])("and which Swarm gives up is %s", async (code, message, more) => {
    const tasks = [
      ["web.1", "Running"],
      ["web.1", "Failed", "task: non-zero exit (3)"],
    ] as const;
    const { create, host, marks } = await world([
      NOTHING,
      printed({ update: { State: "updating" } }),
      printed({ tasks, ...more }),
    ]);
    host.on((call) => call.script === SERVICE_LOGS, "one\n\ntwo \u001b[31mred\n");
    await expect(create()).rejects.toMatchObject({ code, message, hint: expect.stringContaining("machinist ssh m1") });
    expect(hand.logged.slice(-2)).toEqual(["one", "two [31mred"]);
    expect(host.calls.find(({ script }) => script === SERVICE_LOGS)?.argv).toEqual(["t1", "20"]);
    expect(marks()).toEqual([""]);
    expect(host.calls.some(({ script }) => script === REMOVE_UNUSED)).toBe(false);
  });

  it("and rolls back is waited for until Swarm has done so", async () => {
    const { create } = await world([
      NOTHING,
      printed({ update: { State: "rollback_started" } }),
      printed({ update: { State: "rollback_started" } }),
      printed({ update: { State: "rollback_completed", Message: "rollback completed" } }),
    ]);
    await expect(create()).rejects.toMatchObject({ code: "stack.rolled-back" });
    expect(hand.logged).toContain("site waits for web to be rolled back");
  });

  const failing = (times: number, state = "Failed", error = "task: non-zero exit (1)"): Seen => ({
    replicas: "0/1",
    tasks: [["web.1", "Ready"], ...Array.from({ length: times }, () => ["web.1", state, error] as const)],
  });

  it("whose tasks fail again and again is told, but not before what they need may have come", async () => {
    const { create } = await world([NOTHING, ...[1, 2, 3, 3].map((times) => printed(failing(times))), printed({})]);
    await create();
    const lost = await world([NOTHING, ...[1, 2, 3].map((times) => printed(failing(times)))]);
    await expect(lost.create()).rejects.toMatchObject({
      code: "stack.task-failed",
      message: "web of site failed 3 times: task: non-zero exit (1)",
    });
    expect(lost.looks()).toBeGreaterThan(25);
  });

  it("whose image nobody has is told at once", async () => {
    const { create, looks } = await world([
      NOTHING,
      printed(failing(1, "Rejected", "No such image: y")),
      printed(failing(3, "Rejected", "No such image: y")),
    ]);
    await expect(create()).rejects.toMatchObject({
      code: "stack.task-failed",
      message: expect.stringContaining("No such image: y"),
    });
    expect(looks()).toBeLessThan(6);
  });

  it("that stays incomplete is told with what Swarm says of it", async () => {
    const pending = printed({
      replicas: "0/1",
      tasks: [["web.1", "Pending", "no suitable node (insufficient resources)"]],
    });
    const { create } = await world([NOTHING, pending]);
    await expect(create()).rejects.toMatchObject({
      code: "stack.timeout",
      message:
        "site still waits for web 0/1 (no suitable node (insufficient resources)); nothing has changed for 300 s",
    });
  });

  it("tells what is wrong with the version that an old docker takes", async () => {
    const { create } = await world([NOTHING], {
      deploy: { code: 1, stderr: "unsupported Compose file version: 1.0\n" },
    });
    await expect(create()).rejects.toMatchObject({
      code: "stack.invalid",
      hint: expect.stringContaining('version: "3.8"'),
    });
  });

  it.each([
    [
      "network",
      "networks: { n: { external: true } }",
      "",
      "stack.external-missing",
      "the external network n is not on the Swarm",
    ],
    [
      "network",
      "networks: { n: { external: true } }",
      "local",
      "stack.external-missing",
      "is one of a single host (local)",
    ],
    [
      "config",
      "configs: { n: { external: true } }",
      "",
      "stack.external-missing",
      "the external config n is not on the Swarm",
    ],
    [
      "content",
      "configs: { c: { name: n, file: ./c.txt } }",
      `D"${Buffer.from("other").toString("base64")}"`,
      "stack.fixed-name",
      "the config n is there with another content",
    ],
    [
      "secret",
      "secrets: { c: { name: n, file: ./c.txt } }",
      "Lother",
      "stack.fixed-name",
      "the secret n is there with another content",
    ],
  ])("is refused for a %s: %s, which is there as %j", async (type, top, there, code, words) => {
    await writeFile(join(folder, "c.txt"), "content");
    const { create, host, marks } = await world([NOTHING], { text: `services: { web: { image: x } }\n${top}\n` });
    host.on((call) => call.script === LOOK_OBJECTS, `${type}\tn\t${there}\n`);
    await expect(create()).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
    expect(marks()).toEqual([]);
  });

  it("may use the networks of each host", async () => {
    const text = "services: { web: { image: x, networks: [n] } }\nnetworks: { n: { external: true, name: host } }\n";
    const { create, host } = await world([NOTHING, printed({})], { text });
    await create();
    expect(host.calls.some(({ script }) => script === LOOK_OBJECTS)).toBe(false);
  });

  const asked = async (answer: object, looks: readonly string[] = [NOTHING]) => {
    const made = await world(looks);
    made.host.on("docker stack config", answer);
    const judged = Promise.resolve(made.kind.checkCreate?.(hand.call(made.resource)));
    return { ...made, judged };
  };

  it("is judged by docker itself beforehand, where there is one, and nothing stays on the host", async () => {
    const refused = await asked({ code: 1, stderr: "services.web.healthcheck Additional property x is not allowed\n" });
    await expect(refused.judged).rejects.toMatchObject({
      code: "stack.invalid",
      message: "docker stack refuses site: services.web.healthcheck Additional property x is not allowed",
    });
    expect(refused.host.calls.at(-1)).toMatchObject({ argv: ["/run/machinist-stacks/site.asked"] });
    expect([refused.marks(), refused.deployed()]).toEqual([[], []]);
    const quoted = await asked({
      code: 1,
      stderr: "invalid env file (/x/app.env): no variable name on line '=SECRET'\n",
    });
    await expect(quoted.judged).rejects.toMatchObject({
      message: "docker stack refuses site: invalid env file (/x/app.env): it cannot be read there",
    });
    for (const stderr of ["unknown shorthand flag: 'c' in -c\n", "docker: 'stack config' is not a docker command.\n"])
      await (await asked({ code: 125, stderr })).judged;
    await (await asked({ code: 1 }, ["false\n"])).judged;
  });
});
