import type { Resource } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { describe, expect, it } from "vitest";
import { ROTATE, recoverSwarm, swarmResourceTypes } from "../src/index.ts";
import { Hand } from "./calls.ts";
import type { FakeEngine } from "./fake-swarm.ts";
import { fakeEngines, manages } from "./fake-swarm.ts";

const advertise = async (machine: string) => `addr-of-${machine}`;
const cluster = (managers: string[], more: object = {}): Resource => ({
  id: "@demo/swarm",
  kind: "swarm.cluster",
  props: { managers, first: managers[0]!, ...more },
  parents: [],
  after: [],
});
const locked: FakeEngine = { LocalNodeState: "locked" };
const leaderless = (id: string): FakeEngine => ({ LocalNodeState: "active", ControlAvailable: true, NodeID: id });
const locking = (id: string): FakeEngine => {
  const info = manages("c1", "own-1", id);
  return {
    ...info,
    Cluster: { ID: "c1", Spec: { ...info.Cluster?.Spec, EncryptionConfig: { AutoLockManagers: true } } },
  };
};

function memory(...kept: string[]) {
  const written: string[][] = [];
  return {
    written,
    keys: {
      read: async () => kept,
      write: async (_fleet: string, keys: readonly string[]) => {
        written.push([...keys]);
        kept.splice(0, kept.length, ...keys);
      },
    },
  };
}

describe("a Swarm that locks itself", () => {
  const serve =
    (key: string, bodies: [string, unknown][] = []) =>
    (_machine: string, line: string, body: unknown) => {
      if (line.startsWith("POST")) bodies.push([line, body]);
      if (line === "GET /swarm/unlockkey") return { UnlockKey: key };
      if (line === "GET /swarm") return { Version: { Index: 4 }, Spec: { Name: "default", EncryptionConfig: {} } };
      return {};
    };

  it("has its key kept, and in no state", async () => {
    const { keys, written } = memory();
    const engines = fakeEngines({ m1: locking("a") }, serve("SWMKEY-1"));
    const kind = swarmResourceTypes({ engines, advertise, keys })["swarm.cluster"]!;
    const hand = new Hand("own-1");
    const wanted = cluster(["m1"], { autolock: true });
    const seen = await hand.read(kind, wanted);
    expect(seen).toMatchObject({ autolock: true, keyKept: false });
    expect(kind.drift!(seen!, wanted.props)).toEqual(["unlock-key"]);
    const updated = await kind.update!({ ...hand.call(wanted), state: seen as never, changed: ["unlock-key"] });
    expect(written).toEqual([["SWMKEY-1"]]);
    expect(kind.drift!(updated, wanted.props)).toEqual([]);
    expect(JSON.stringify([seen, updated, hand.logged])).not.toContain("SWMKEY");
  });

  it("is locked as declared; without a declaration it is as others want it", async () => {
    const bodies: [string, unknown][] = [];
    const { keys } = memory();
    const engines = fakeEngines({ m1: manages("c1", "own-1") }, serve("SWMKEY-1", bodies));
    const kind = swarmResourceTypes({ engines, advertise, keys })["swarm.cluster"]!;
    const wanted = cluster(["m1"], { autolock: true });
    const state = { cluster: "c1", managers: ["m1"] };
    expect(kind.drift!(state, wanted.props)).toEqual(["autolock"]);
    expect(kind.drift!({ ...state, autolock: true, keyKept: true }, cluster(["m1"]).props)).toEqual([]);
    await kind.update!({ ...new Hand("own-1").call(wanted), state, changed: ["autolock"] });
    expect(bodies).toEqual([
      [
        "POST /swarm/update?version=4&rotateManagerUnlockKey=false",
        { Name: "default", EncryptionConfig: { AutoLockManagers: true } },
      ],
    ]);
  });

  it("gets another key on request, and the one before stays for managers that were away", async () => {
    const bodies: [string, unknown][] = [];
    const { keys, written } = memory("SWMKEY-1");
    const engines = fakeEngines({ m1: locking("a") }, serve("SWMKEY-2", bodies));
    const kind = swarmResourceTypes({ engines, advertise, keys })["swarm.cluster"]!;
    const wanted = cluster(["m1"], { autolock: true });
    const state = { cluster: "c1", managers: ["m1"], autolock: true, keyKept: true };
    await kind.update!({ ...new Hand("own-1").call(wanted), state, changed: [ROTATE] });
    expect(bodies.map(([line]) => line)).toEqual(["POST /swarm/update?version=4&rotateManagerUnlockKey=true"]);
    expect(written).toEqual([["SWMKEY-2", "SWMKEY-1"]]);
  });

  it("is unlocked with the keys that are kept, also when all its managers are locked", async () => {
    const table: { [machine: string]: FakeEngine } = { m1: locked, m2: locked };
    const tried: string[] = [];
    const engines = fakeEngines(table, (machine, line, body) => {
      if (line === "POST /swarm/unlock") {
        const { UnlockKey } = body as { UnlockKey: string };
        tried.push(`${machine} ${UnlockKey}`);
        if (machine === "m2" && UnlockKey !== "SWMKEY-1")
          throw new MachinistError("docker.http", "invalid key", { cause: { status: 400 } });
        table[machine] = locking(machine);
        return {};
      }
      return serve("SWMKEY-2")(machine, line, body);
    });
    const { keys } = memory("SWMKEY-2", "SWMKEY-1");
    const kind = swarmResourceTypes({ engines, advertise, keys })["swarm.cluster"]!;
    const hand = new Hand("own-1");
    const wanted = cluster(["m1", "m2"], { autolock: true });
    hand.states["@demo/swarm"] = { cluster: "c1", managers: ["m1", "m2"], autolock: true, keyKept: true };
    const seen = await hand.read(kind, wanted);
    expect(kind.drift!(seen!, wanted.props)).toEqual(["unlocked"]);
    await kind.update!({ ...hand.call(wanted), state: seen as never, changed: ["unlocked"] });
    expect(tried.sort()).toEqual(["m1 SWMKEY-2", "m2 SWMKEY-1", "m2 SWMKEY-2"]);
  });

  it("that no kept key opens says how to go on, and not what was tried", async () => {
    const engines = fakeEngines({ m1: locked }, () => {
      throw new MachinistError("docker.http", "invalid key", { cause: { status: 400 } });
    });
    const kind = swarmResourceTypes({ engines, advertise, ...memory("SWMKEY-9") })["swarm.cluster"]!;
    const wanted = cluster(["m1"], { autolock: true });
    const state = { cluster: "c1", managers: ["m1"], locked: ["m1"] };
    const failure = await kind.update!({ ...new Hand("own-1").call(wanted), state, changed: ["unlocked"] }).catch(
      (error: MachinistError) => error,
    );
    expect(failure).toMatchObject({ code: "swarm.locked", hint: expect.stringContaining("docker swarm unlock") });
    expect(JSON.stringify([failure])).not.toContain("SWMKEY");
  });
});

describe("before anything is changed", () => {
  const check = (table: { [machine: string]: FakeEngine }, wanted: string[], before = ["m1", "m2", "m3"]) => {
    const kind = swarmResourceTypes({ engines: fakeEngines(table), advertise })["swarm.cluster"]!;
    return kind.check!({
      ...new Hand("own-1").call(cluster(wanted)),
      state: { cluster: "c1", managers: before, declared: before },
      changed: ["managers"],
    });
  };
  const three = { m1: manages("c1"), m2: manages("c1"), m3: manages("c1") };

  it.each([
    ["3 to 1", three, ["m1"]],
    ["3 to 2", three, ["m1", "m2"]],
    ["the one that is away goes", { ...three, m3: "away" as const }, ["m1", "m2"]],
    ["all are replaced by others", three, ["n1", "n2", "n3"]],
    ["nothing goes", { m1: "away" as const, m2: "away" as const, m3: manages("c1") }, ["m1", "m2", "m3"]],
  ])("%s: goes ahead", async (_what, table, wanted) => {
    await expect(check(table, wanted)).resolves.toBeUndefined();
  });

  it.each([
    ["the one that stays is away", { ...three, m1: "away" as const }, ["m1"]],
    ["one of the two that stay is away", { ...three, m2: "away" as const }, ["m1", "m2"]],
  ])("%s: refused, with what to do", async (_what, table, wanted) => {
    await expect(check(table, wanted)).rejects.toMatchObject({
      code: "swarm.quorum",
      hint: expect.stringMatching(
        /^First start what is away \(machinist start m\d\), or keep the managers that answer: m/,
      ),
    });
  });
});

it.each([
  ["speak for nobody", leaderless("b")],
  ["keep their answer back", "away" as const],
])("waits for the election that follows the leader's end, while the others %s", async (_what, meanwhile) => {
  const table: { [machine: string]: FakeEngine } = { m1: "away", m2: meanwhile, m3: meanwhile };
  // An election's 30 s are waited for. Where nobody looks before it is over, nobody waits.
  setTimeout(() => Object.assign(table, { m2: manages("c1"), m3: manages("c1") }), 700);
  const kind = swarmResourceTypes({ engines: fakeEngines(table), advertise })["swarm.cluster"]!;
  const state = { cluster: "c1", managers: ["m1"], declared: ["m1", "m2", "m3"] };
  await expect(
    kind.check!({ ...new Hand("own-1").call(cluster(["m1"])), state, changed: ["managers"] }),
  ).rejects.toMatchObject({
    code: "swarm.quorum",
  });
});

describe("recovering a Swarm without majority", () => {
  const run = (table: { [machine: string]: FakeEngine }, from = "m1") => {
    const nodes = [
      { ID: "a", Version: { Index: 1 }, Spec: { Role: "manager", Availability: "active" }, Status: { State: "ready" } },
      { ID: "b", Version: { Index: 1 }, Spec: { Role: "manager", Availability: "active" }, Status: { State: "down" } },
      { ID: "w", Version: { Index: 1 }, Spec: { Role: "worker", Availability: "active" }, Status: { State: "ready" } },
    ];
    const engines = fakeEngines(table, (machine, line) => {
      if (line === "POST /swarm/init") table[machine] = manages("c1", "own-1", "a");
      // Docker's own answer where a Swarm was begun again.
      if (line.startsWith("POST /nodes/b/"))
        throw new MachinistError(
          "docker.http",
          "rpc error: code = NotFound desc = can't find manager in raft memberlist",
          {
            cause: { status: 404 },
          },
        );
      return line === "GET /nodes" ? nodes : (nodes.find(({ ID }) => line.includes(`/nodes/${ID}`)) ?? {});
    });
    const logged: string[] = [];
    const done = recoverSwarm(
      { engines, advertise },
      {
        fleet: "demo",
        from,
        state: { cluster: "c1", managers: ["m1", "m2", "m3"] },
        signal: AbortSignal.timeout(100_000),
        log: (message) => void logged.push(message),
      },
    );
    return { done, engines, logged };
  };

  it("begins it again from one; the others that answer leave first, and are managers no more", async () => {
    const { done, engines, logged } = run({ m1: leaderless("a"), m2: leaderless("b"), m3: "away" });
    await done;
    const did = engines.asked.filter((line) => !line.includes(" GET "));
    expect(did).toEqual([
      "m2 POST /swarm/leave?force=true",
      "m1 POST /swarm/init",
      "m1 POST /nodes/b/update?version=1",
      "m1 DELETE /nodes/b?force=true",
    ]);
    expect(logged.join()).toContain("m3 does not answer");
  });

  it.each([
    ["has its majority", { m1: manages("c1"), m2: manages("c1"), m3: "away" as const }, "swarm.has-leader"],
    [
      "is known to another only",
      { m1: { LocalNodeState: "active" as const }, m2: leaderless("b") },
      "swarm.not-manager",
    ],
  ])("is refused where it %s", async (_what, table, code) => {
    const { done, engines } = run(table);
    await expect(done).rejects.toMatchObject({ code });
    expect(engines.asked.filter((line) => !line.includes(" GET "))).toEqual([]);
  });
});
