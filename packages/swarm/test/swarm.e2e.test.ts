import type { Engines, FleetSpec, MachineSpec, Resource, SwarmSpec } from "@machinist/core";
import type { DockerClient } from "@machinist/docker-client";
import { createEngineApi } from "@machinist/docker-client";
import type { LabHosts } from "@machinist/lab";
import { startHosts, unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { planSwarm, ROTATE, recoverSwarm, swarmResourceTypes } from "../src/index.ts";
import { Hand } from "./calls.ts";

const reason = unavailable();

const dropIn = `set -e
dir=/etc/systemd/system/docker.service.d
mkdir -p $dir
exec=$(systemctl show -p ExecStart --value docker | sed 's/.*argv\\[\\]=\\([^;]*\\) ;.*/\\1/')
printf '[Service]\\nExecStart=\\nExecStart=%s -H tcp://0.0.0.0:2375\\n' "$exec" > $dir/tcp.conf
systemctl daemon-reload
systemctl restart docker
`;

describeUnless(reason, "a Swarm on real hosts", () => {
  let lab: LabHosts;
  const clients = new Map<string, DockerClient>();
  const address = (machine: string) => lab.hosts[Number(machine.slice(1)) - 1]!.address;
  const engines: Engines = {
    connect: async (machine) => {
      const known = clients.get(machine) ?? createEngineApi({ url: `tcp://${address(machine)}:2375`, machine });
      clients.set(machine, known);
      return known;
    },
  };
  const advertise = async (machine: string) => address(machine);
  const kept: string[] = [];
  const keys = {
    read: async () => kept,
    write: async (_fleet: string, all: readonly string[]) => void kept.splice(0, kept.length, ...all),
  };
  const kinds = swarmResourceTypes({ engines, advertise, keys });
  const cluster = kinds["swarm.cluster"]!;
  const member = kinds["swarm.member"]!;
  const hand = new Hand("e2e-1");

  const machine = (name: string, swarm: SwarmSpec): MachineSpec => ({
    name,
    group: name,
    driver: "x",
    options: {},
    engine: {},
    swarm,
  });
  const fleet = (...roles: SwarmSpec[]): Resource[] => {
    const spec: FleetSpec = {
      name: "demo",
      machines: roles.map((role, index) => machine(`h${index + 1}`, role)),
      compose: [],
      stacks: [],
      contexts: false,
    };
    return planSwarm(spec);
  };
  const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const result = await work();
    console.log(`${what}: ${Math.round(performance.now() - began)} ms`);
    return result;
  };
  const form = async ([first, ...members]: Resource[]) => {
    await timed("init", () => hand.create(cluster, first!));
    await timed(`${members.length} members`, () => Promise.all(members.map((each) => hand.create(member, each))));
  };
  const untilLeaderless = async (machine: string) => {
    const engine = await engines.connect(machine);
    const leads = async () => {
      const { Swarm } = await engine.request<{ Swarm: { Cluster?: { ID: string } } }>("GET", "/info");
      return Boolean(Swarm.Cluster?.ID);
    };
    await expect.poll(leads, { message: `${machine} sees no leader any more`, interval: 500 }).toBe(false);
  };
  const nodes = async (from = "h1") =>
    (await engines.connect(from)).request<{ Spec: { Role: string } }[]>("GET", "/nodes");

  beforeAll(async () => {
    lab = await startHosts({ count: 3, image: "docker" });
    await Promise.all(
      lab.hosts.map(async (host, index) => {
        const done = await host.exec("sh", "-c", dropIn);
        if (done.code !== 0) throw new Error(done.stderr);
        hand.states[`h${index + 1}/engine`] = { url: `tcp://${host.address}:2375` };
      }),
    );
  });
  afterAll(async () => {
    for (const client of clients.values()) client.close();
    await lab?.dispose();
  });

  it("forms with one manager and two workers, at once, and is found again without drift", async () => {
    const planned = fleet(
      { role: "manager" },
      { role: "worker", labels: { disk: "ssd" } },
      { role: "worker", availability: "pause" },
    );
    expect(await hand.read(cluster, planned[0]!)).toBeUndefined();
    await form(planned);
    expect((await nodes()).map((node) => node.Spec.Role).sort()).toEqual(["manager", "worker", "worker"]);
    await timed("second read", async () => {
      await hand.read(cluster, planned[0]!);
      await Promise.all(planned.slice(1).map((each) => hand.read(member, each)));
    });
    for (const each of planned.slice(1)) expect(member.drift?.(hand.states[each.id], each.props)).toEqual([]);
    expect(hand.states["h2/swarm"]).toMatchObject({ labels: { disk: "ssd" }, role: "worker", status: "ready" });
    expect(hand.states["h3/swarm"]).toMatchObject({ availability: "pause" });
    const records = JSON.stringify([hand.states, hand.logged]);
    expect(records).not.toContain("SWMTKN");
  });

  it("creates nothing twice when an attempt is repeated", async () => {
    const planned = fleet({ role: "manager" }, { role: "worker", labels: { disk: "ssd" } }, { role: "worker" });
    const before = hand.states["@demo/swarm"];
    expect(await cluster.create(hand.call(planned[0]!))).toMatchObject({ cluster: before?.cluster });
    await member.create(hand.call(planned[2]!));
    expect(await nodes()).toHaveLength(3);
  });

  it("sees a label that someone changed, puts it right and leaves theirs alone", async () => {
    const planned = fleet({ role: "manager" }, { role: "worker", labels: { disk: "ssd" } }, { role: "worker" });
    const manager = await engines.connect("h1");
    const id = String(hand.states["h2/swarm"]?.nodeId);
    const node = await manager.request<{ Version: { Index: number }; Spec: object }>("GET", `/nodes/${id}`);
    await manager.request("POST", `/nodes/${id}/update?version=${node.Version.Index}`, {
      body: { ...node.Spec, Labels: { disk: "hdd", theirs: "1" } },
    });
    const worker = planned[2]!;
    await hand.read(member, worker);
    expect(member.drift?.(hand.states["h2/swarm"], worker.props)).toEqual(["labels"]);
    expect(await hand.update(member, worker, ["labels"])).toMatchObject({ labels: { disk: "ssd", theirs: "1" } });
    const [, , bare] = fleet({ role: "manager" }, { role: "worker" }, { role: "worker" });
    expect((await hand.update(member, bare!, ["labels"])).labels).toEqual({ theirs: "1" });
  });

  it("promotes to three managers at once, then demotes one", async () => {
    const planned = fleet({ role: "manager" }, { role: "manager" }, { role: "manager" });
    await timed("two promotions", () =>
      Promise.all(planned.slice(2).map((each) => hand.update(member, each, ["role"]))),
    );
    await hand.update(cluster, planned[0]!, ["managers"]);
    expect((await nodes()).map((node) => node.Spec.Role)).toEqual(["manager", "manager", "manager"]);
    expect(hand.states["@demo/swarm"]?.managers).toHaveLength(3);
    const [, , , third] = fleet({ role: "manager" }, { role: "manager" }, { role: "worker" });
    await timed("one demotion", () => hand.update(member, third!, ["role"]));
    expect((await nodes()).filter((node) => node.Spec.Role === "manager")).toHaveLength(2);
  });

  it("lets a worker go, then a manager, then ends", async () => {
    const planned = fleet({ role: "manager" }, { role: "manager" }, { role: "worker" });
    await timed("worker leaves", () => hand.delete(member, planned[3]!));
    expect(await nodes()).toHaveLength(2);
    expect(await hand.read(member, planned[3]!)).toBeUndefined();
    await timed("manager leaves", () => hand.delete(member, planned[2]!));
    expect(await nodes()).toHaveLength(1);
    await timed("the last manager's Swarm ends", () => hand.delete(cluster, planned[0]!));
    for (const each of planned)
      expect(await hand.read(each.kind === "swarm.cluster" ? cluster : member, each)).toBeUndefined();
  });

  it("forms with three managers joining at the same time, three times over", async () => {
    const planned = fleet({ role: "manager" }, { role: "manager" }, { role: "manager" });
    for (let round = 1; round <= 3; round++) {
      await form(planned);
      expect((await nodes()).filter((node) => node.Spec.Role === "manager")).toHaveLength(3);
      await hand.read(cluster, planned[0]!);
      await timed("all three leave at once", () =>
        Promise.all(planned.slice(1).map((each) => hand.delete(member, each))),
      );
      await hand.delete(cluster, planned[0]!);
      for (const each of planned) delete hand.states[each.id];
    }
  });

  it("locks itself, and is unlocked with the key that is kept when Docker starts again", async () => {
    const planned = fleet({ role: "manager" }, { role: "worker" }).map((each) =>
      each.kind === "swarm.cluster" ? { ...each, props: { ...each.props, autolock: true } } : each,
    );
    await form(planned);
    expect(kept).toEqual([expect.stringMatching(/^SWMKEY-/)]);
    const restarted = await lab.hosts[0]!.exec("systemctl", "restart", "docker");
    expect(restarted.code).toBe(0);
    await hand.read(cluster, planned[0]!);
    expect(cluster.drift?.(hand.states["@demo/swarm"], planned[0]!.props)).toEqual(["unlocked"]);
    await timed("unlocking", () => hand.update(cluster, planned[0]!, ["unlocked"]));
    expect(await nodes()).toHaveLength(2);
    const [before] = kept;
    await hand.update(cluster, planned[0]!, [ROTATE]);
    expect(kept).toEqual([expect.not.stringMatching(before!), before]);
    expect(JSON.stringify([hand.states, hand.logged])).not.toContain("SWMKEY");
    await hand.delete(member, planned[2]!);
    await hand.delete(cluster, planned[0]!);
    for (const each of planned) delete hand.states[each.id];
  });

  it("that lost its majority is begun again from one manager, and the others join again", async () => {
    const planned = fleet({ role: "manager" }, { role: "manager" }, { role: "manager" });
    await form(planned);
    await hand.update(cluster, planned[0]!, ["managers"]);
    const id = hand.states["@demo/swarm"]?.cluster;
    const service = {
      Name: "kept",
      TaskTemplate: { ContainerSpec: { Image: "none" } },
      Mode: { Replicated: { Replicas: 0 } },
    };
    await (await engines.connect("h1")).request("POST", "/services/create", { body: service });
    const recovery = {
      fleet: "demo",
      from: "h1",
      state: hand.states["@demo/swarm"] as never,
      signal: AbortSignal.timeout(120_000),
      log: () => {},
    };
    await expect(recoverSwarm({ engines, advertise }, recovery)).rejects.toMatchObject({ code: "swarm.has-leader" });
    await Promise.all(lab.hosts.slice(1).map((host) => host.exec("systemctl", "stop", "docker", "docker.socket")));
    await timed("losing the leader", () => untilLeaderless("h1"));
    await timed("recovery", () => recoverSwarm({ engines, advertise }, recovery));
    expect(await nodes()).toHaveLength(1);
    const services = await (await engines.connect("h1")).request<{ Spec: { Name: string } }[]>("GET", "/services");
    expect(services.map(({ Spec }) => Spec.Name)).toEqual(["kept"]);
    expect(await hand.read(cluster, planned[0]!)).toMatchObject({ cluster: id });
    // They were off, and come back as managers of what is no more.
    await Promise.all(
      lab.hosts.slice(1).map(async (host, index) => {
        await host.exec("systemctl", "start", "docker");
        await host.exec("docker", "swarm", "leave", "--force");
        await hand.create(member, planned[index + 2]!);
      }),
    );
    expect((await nodes()).map((node) => node.Spec.Role)).toEqual(["manager", "manager", "manager"]);
    await Promise.all(planned.slice(2).map((each) => hand.delete(member, each)));
    await hand.delete(cluster, planned[0]!);
    for (const each of planned) delete hand.states[each.id];
  });

  it("refuses machines of another Swarm, and never makes them leave", async () => {
    const foreign = await engines.connect("h2");
    await foreign.request("POST", "/swarm/init", {
      body: { ListenAddr: "0.0.0.0:2377", AdvertiseAddr: address("h2") },
    });
    const planned = fleet({ role: "manager" }, { role: "worker" });
    await hand.create(cluster, planned[0]!);
    await hand.create(member, planned[1]!);
    await expect(hand.read(member, planned[2]!)).rejects.toMatchObject({ code: "swarm.foreign" });
    await expect(member.create(hand.call(planned[2]!))).rejects.toMatchObject({ code: "swarm.foreign" });
    const two = fleet({ role: "manager" }, { role: "manager" });
    await expect(hand.read(cluster, two[0]!)).rejects.toMatchObject({ code: "swarm.split" });
    expect(await nodes("h2")).toHaveLength(1);
  });
});
