import type { Data, Resource } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { describe, expect, it } from "vitest";
import { swarmResourceTypes } from "../src/index.ts";
import { Hand } from "./calls.ts";
import type { FakeEngine } from "./fake-swarm.ts";
import { fakeEngines, idle, manages } from "./fake-swarm.ts";

const advertise = async (machine: string) => `addr-of-${machine}`;
const cluster = (managers: string[]): Resource => ({
  id: "@demo/swarm",
  kind: "swarm.cluster",
  props: { managers, first: managers[0] ?? "" },
  parents: [],
  after: managers.map((name) => `${name}/engine`),
});
const member = (machine: string, role = "worker"): Resource => ({
  id: `${machine}/swarm`,
  kind: "swarm.member",
  props: { machine, role, labels: {}, availability: "active" },
  parents: [`${machine}/engine`, "@demo/swarm"],
});
const node = (id: string, role: string, reachability = "reachable") => ({
  ID: id,
  Version: { Index: 7 },
  Spec: { Role: role, Availability: "active", Labels: {} },
  Status: { State: "ready", Addr: "192.0.2.9" },
  ...(role === "manager" ? { ManagerStatus: { Reachability: reachability, Addr: "" } } : {}),
});
const notFound = new MachinistError("docker.http", "node not found", { cause: { status: 404 } });

describe("reading the cluster", () => {
  const read = (table: { [machine: string]: FakeEngine }, state?: Data) => {
    const hand = new Hand("own-1");
    const kind = swarmResourceTypes({ engines: fakeEngines(table), advertise })["swarm.cluster"]!;
    const managers = Object.keys(table).filter((name) => name.startsWith("m"));
    return kind.read({ ...hand.call(cluster(managers)), state });
  };

  it("finds it by its mark, and by its id", async () => {
    expect(await read({ m1: manages("c1", "own-1"), m2: "away" })).toEqual({ cluster: "c1", managers: ["m1"] });
    expect(await read({ m1: "away", m2: manages("c1") }, { cluster: "c1", managers: ["m1"] })).toEqual({
      cluster: "c1",
      managers: ["m2"],
    });
  });

  it("is absent only when every manager says so", async () => {
    expect(await read({ m1: idle, m2: idle })).toBeUndefined();
    await expect(read({ m1: idle, m2: "away" })).rejects.toMatchObject({ code: "docker.unreachable" });
  });

  it("asks managers of before, and believes absence when they are no machines any more", async () => {
    expect(await read({ m1: idle, old: manages("c1") }, { cluster: "c1", managers: ["old"] })).toEqual({
      cluster: "c1",
      managers: ["old"],
    });
    expect(await read({ m1: idle, old: "gone" }, { cluster: "c1", managers: ["old"] })).toBeUndefined();
    await expect(read({ m1: idle, old: "away" }, { cluster: "c1", managers: ["old"] })).rejects.toMatchObject({
      code: "docker.unreachable",
    });
  });

  it("does not take a cluster without a leader for none", async () => {
    const leaderless = { LocalNodeState: "active" as const, ControlAvailable: true, NodeID: "n" };
    await expect(read({ m1: leaderless, m2: "away" }, { cluster: "c1", managers: ["m1"] })).rejects.toMatchObject({
      code: "swarm.no-leader",
      retryable: true,
    });
  });

  it("waits for the mark of a Swarm that was begun a moment ago: docker sets it only after the beginning", async () => {
    const begun = (secondsAgo: number): FakeEngine => {
      const info = manages("c1");
      const at = Date.parse("2026-01-01T00:00:30Z");
      const CreatedAt = new Date(at - secondsAgo * 1000).toISOString();
      return { ...info, SystemTime: new Date(at).toISOString(), Cluster: { ID: "c1", ...info.Cluster, CreatedAt } };
    };
    await expect(read({ m1: begun(1) })).rejects.toMatchObject({ code: "swarm.settling", retryable: true });
    await expect(read({ m1: begun(20) })).rejects.toMatchObject({ code: "swarm.foreign", retryable: false });
    const pending = { LocalNodeState: "pending" as const, ControlAvailable: false, NodeID: "n" };
    await expect(read({ m1: pending })).rejects.toMatchObject({ code: "swarm.settling", retryable: true });
  });

  it("refuses foreign and split Swarms", async () => {
    await expect(read({ m1: manages("theirs") })).rejects.toMatchObject({ code: "swarm.foreign" });
    await expect(read({ m1: manages("c1", "own-1"), m2: manages("theirs") })).rejects.toMatchObject({
      code: "swarm.split",
    });
  });
});

describe("making the cluster", () => {
  it("puts the mark into the request, and takes a lost answer for what it made", async () => {
    const table: { [machine: string]: FakeEngine } = { m1: idle };
    const bodies: unknown[] = [];
    const engines = fakeEngines(table, (_machine, _line, body) => {
      bodies.push(body);
      table.m1 = manages("c1", "own-1");
      throw new MachinistError("docker.unreachable", "cut", { retryable: true });
    });
    const kind = swarmResourceTypes({ engines, advertise })["swarm.cluster"]!;
    expect(await kind.create(new Hand("own-1").call(cluster(["m1"])))).toEqual({
      cluster: "c1",
      managers: ["m1"],
      declared: ["m1"],
    });
    expect(bodies).toEqual([
      expect.objectContaining({
        AdvertiseAddr: "addr-of-m1",
        Spec: { Name: "default", Labels: { "machinist.owner": "own-1" } },
      }),
    ]);
  });

  it("warns of an even number of managers", async () => {
    const hand = new Hand("own-1");
    const engines = fakeEngines({ m1: manages("c1", "own-1"), m2: idle });
    const kind = swarmResourceTypes({ engines, advertise })["swarm.cluster"]!;
    await kind.update?.({
      ...hand.call(cluster(["m1", "m2"])),
      state: { cluster: "c1", managers: ["m1"] },
      changed: ["managers"],
    });
    expect(hand.logged.join()).toContain("odd number");
  });
});

describe("members", () => {
  const setUp = (table: { [machine: string]: FakeEngine }, answer?: Parameters<typeof fakeEngines>[1]) => {
    const engines = fakeEngines(table, answer);
    const hand = new Hand("own-1");
    hand.states["@demo/swarm"] = { cluster: "c1", managers: ["m1"] };
    return { engines, hand, kind: swarmResourceTypes({ engines, advertise })["swarm.member"]! };
  };
  const workerInfo = (addr: string): FakeEngine => ({
    LocalNodeState: "active",
    NodeID: "w",
    RemoteManagers: [{ NodeID: "x", Addr: addr }],
  });
  const state = { nodeId: "w", cluster: "c1", role: "worker", declared: [] };

  it("a worker that our managers removed is absent; one of another Swarm is foreign", async () => {
    const deny = () => {
      throw notFound;
    };
    const removed = setUp({ m1: manages("c1"), w1: workerInfo("192.0.2.1:2377") }, deny);
    expect(await removed.hand.read(removed.kind, member("w1"))).toBeUndefined();
    const foreign = setUp({ m1: manages("c1"), w1: workerInfo("198.51.100.1:2377") }, deny);
    await expect(foreign.hand.read(foreign.kind, member("w1"))).rejects.toMatchObject({ code: "swarm.foreign" });
    await expect(foreign.kind.create(foreign.hand.call(member("w1")))).rejects.toMatchObject({ code: "swarm.foreign" });
    expect(foreign.engines.asked.join()).not.toContain("leave");
  });

  it("with a silent engine is what the managers know, and an error when they are silent too", async () => {
    const known = setUp({ m1: manages("c1"), w1: "away" }, () => node("w", "worker"));
    expect(await known.kind.read({ ...known.hand.call(member("w1")), state })).toMatchObject({
      nodeId: "w",
      status: "ready",
    });
    const silent = setUp({ m1: "away", w1: "away" });
    await expect(silent.kind.read({ ...silent.hand.call(member("w1")), state })).rejects.toMatchObject({
      code: "docker.unreachable",
    });
  });

  it("with an engine that is gone is removed by the managers", async () => {
    const { engines, hand, kind } = setUp({ m1: manages("c1"), w1: "gone" }, (_machine, line) =>
      line.startsWith("GET /nodes/") ? node("w", "worker") : undefined,
    );
    await kind.delete({ ...hand.call(member("w1")), state });
    expect(engines.asked).toEqual(["m1 GET /nodes/w", "m1 DELETE /nodes/w?force=true"]);
  });

  it("that is the last manager leaves, though the others are known no more", async () => {
    const { engines, hand, kind } = setUp({ m2: manages("c1", undefined, "b") }, () => undefined);
    hand.states["@demo/swarm"] = { cluster: "c1", managers: ["m1", "m2"] };
    const leaving = { ...state, nodeId: "b", role: "manager" };
    await kind.delete({ ...hand.call(member("m2", "manager")), state: leaving });
    expect(engines.asked).toEqual(["m2 POST /swarm/leave?force=true"]);
  });

  it("that would cost the managers their majority stays", async () => {
    const { engines, hand, kind } = setUp({ m1: manages("c1"), m2: manages("c1", undefined, "b") }, (_machine, line) =>
      line === "GET /nodes"
        ? [node("a", "manager"), node("b", "manager"), node("c", "manager", "unreachable")]
        : node("b", "manager"),
    );
    const deleting = kind.delete({
      ...hand.call(member("m2", "manager")),
      state: { ...state, nodeId: "b", role: "manager" },
    });
    await expect(deleting).rejects.toMatchObject({ code: "swarm.quorum" });
    expect(engines.asked.every((line) => line.includes(" GET "))).toBe(true);
  });

  it("meets someone else's update in between with another attempt", async () => {
    let index = 7;
    const { engines, hand, kind } = setUp({ m1: manages("c1"), w1: workerInfo("192.0.2.1:2377") }, (_machine, line) => {
      if (line.startsWith("GET")) return { ...node("w", "worker"), Version: { Index: index } };
      if (line.endsWith("version=7")) {
        index = 8;
        throw new MachinistError("docker.http", "rpc error: code = Unknown desc = update out of sequence", {
          cause: { status: 500 },
        });
      }
      return undefined;
    });
    const wanted = {
      ...member("w1"),
      props: { machine: "w1", role: "worker", labels: { a: "1" }, availability: "active" },
    };
    expect(await kind.update?.({ ...hand.call(wanted), state, changed: ["labels"] })).toMatchObject({
      labels: { a: "1" },
    });
    expect(engines.asked.filter((line) => line.includes("POST"))).toEqual([
      "m1 POST /nodes/w/update?version=7",
      "m1 POST /nodes/w/update?version=8",
    ]);
  });

  it("gives up what does not pass, with docker's words and without the token", async () => {
    const { hand, kind } = setUp({ m1: manages("c1"), w1: idle }, (_machine, line) => {
      if (line === "GET /swarm") return { JoinTokens: { Worker: "SWMTKN-secret", Manager: "SWMTKN-other" } };
      throw new MachinistError(
        "docker.http",
        "rpc error: code = InvalidArgument desc = A valid join token is necessary",
        {
          cause: { status: 400 },
        },
      );
    });
    const failure = await kind.create(hand.call(member("w1"))).then(
      () => undefined,
      (error: MachinistError) => error,
    );
    expect(failure?.message).toContain("A valid join token");
    expect(JSON.stringify([failure?.message, failure?.hint, hand.logged])).not.toContain("SWMTKN");
  });
});
