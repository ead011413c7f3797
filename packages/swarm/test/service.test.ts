import type { Resource } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { describe, expect, it } from "vitest";
import { swarmResourceTypes } from "../src/index.ts";
import { Hand } from "./calls.ts";
import type { FakeEngine } from "./fake-swarm.ts";
import { fakeEngines, idle, manages } from "./fake-swarm.ts";

const advertise = async (machine: string) => `addr-of-${machine}`;
const member = (machine: string, role = "worker"): Resource => ({
  id: `${machine}/swarm`,
  kind: "swarm.member",
  props: { machine, role, labels: {}, availability: "active" },
  parents: [`${machine}/engine`, "@demo/swarm"],
});
interface Node {
  ID: string;
  Version: { Index: number };
  Spec: { Role: string; Availability: string; Labels: object };
  Status: { State: string };
  ManagerStatus?: { Reachability: string };
}
const node = (ID: string, role = "worker", reachability = "reachable"): Node => ({
  ID,
  Version: { Index: 7 },
  Spec: { Role: role, Availability: "active", Labels: {} },
  Status: { State: "ready" },
  ...(role === "manager" ? { ManagerStatus: { Reachability: reachability } } : {}),
});
interface Task {
  ServiceID: string;
  Slot?: number;
  NodeID: string;
  DesiredState: string;
  Status: { State: string };
}
const task = (Slot: number, NodeID: string, State = "running"): Task => ({
  ServiceID: "web",
  Slot,
  NodeID,
  DesiredState: "running",
  Status: { State },
});

/** A Swarm of these nodes and tasks; `moved` says what becomes of the tasks when a node is drained. */
class Model {
  readonly bodies: [line: string, body: unknown][] = [];
  readonly nodes: Node[];
  tasks: Task[];
  looks = 0;
  moved: (looks: number) => Task[];

  constructor(nodes: Node[], tasks: Task[] = [], moved?: (looks: number) => Task[]) {
    this.nodes = nodes;
    this.tasks = tasks;
    this.moved = moved ?? (() => this.tasks);
  }

  readonly answer = (_machine: string, line: string, body: unknown): unknown => {
    const [method = "", path = ""] = line.split(" ");
    if (method !== "GET") this.bodies.push([line, body]);
    if (path === "/nodes") return this.nodes;
    if (path.startsWith("/tasks")) return this.#tasks(JSON.parse(decodeURIComponent(path.split("filters=")[1]!)));
    const id = /^\/nodes\/(\w+)/.exec(path)?.[1];
    const found = this.nodes.find((each) => each.ID === id);
    if (id === undefined) return {};
    if (found === undefined) throw new MachinistError("docker.http", "no such node", { cause: { status: 404 } });
    if (method === "DELETE") this.nodes.splice(this.nodes.indexOf(found), 1);
    if (method === "POST") {
      if (!path.endsWith(`version=${found.Version.Index}`))
        throw new MachinistError("docker.http", "rpc error: update out of sequence", { cause: { status: 500 } });
      found.Spec = body as Node["Spec"];
      found.Version = { Index: found.Version.Index + 1 };
    }
    return found;
  };

  #tasks(filters: { node?: string[]; "desired-state"?: string[] }): Task[] {
    if (this.nodes.some(({ Spec }) => Spec.Availability === "drain")) this.tasks = this.moved(this.looks++);
    return this.tasks.filter(
      (each) =>
        (filters.node === undefined || filters.node.includes(each.NodeID)) &&
        (filters["desired-state"] === undefined || filters["desired-state"].includes(each.DesiredState)),
    );
  }
}

const inSwarm: FakeEngine = {
  LocalNodeState: "active",
  NodeID: "w",
  RemoteManagers: [{ NodeID: "a", Addr: "192.0.2.1:2377" }],
};
const state = (nodeId: string, role = "worker") => ({
  nodeId,
  cluster: "c1",
  role,
  availability: "active",
  labels: {},
  address: "",
  status: "ready",
  reachability: "",
  declared: [],
});

function setUp(model: Model, table: { [machine: string]: FakeEngine } = { m1: manages("c1"), w1: inSwarm }) {
  const engines = fakeEngines(table, model.answer);
  const hand = new Hand("own-1");
  hand.states["@demo/swarm"] = { cluster: "c1", managers: ["m1"] };
  const kind = swarmResourceTypes({ engines, advertise })["swarm.member"]!;
  const told: [number, number | undefined][] = [];
  const call = (resource: Resource, now: object) => ({
    ...hand.call(resource),
    progress: (done: number, total?: number) => void told.push([done, total]),
    state: now as never,
  });
  return { engines, hand, kind, told, call };
}

describe("draining a member", () => {
  it("returns when its tasks run elsewhere, and tells how far that is", async () => {
    const steps = [
      [task(1, "w"), task(2, "x")],
      [{ ...task(1, "w"), DesiredState: "shutdown" }, { ...task(1, "x", "new"), DesiredState: "ready" }, task(2, "x")],
      [task(1, "x", "starting"), task(2, "x")],
      [task(1, "x"), task(2, "x")],
    ];
    const model = new Model(
      [node("a", "manager"), node("w"), node("x")],
      steps[0],
      (looks) => steps[Math.min(steps.length - 1, looks >> 1)]!,
    );
    const { kind, call, told } = setUp(model);
    await kind.drain!(call(member("w1"), state("w")));
    expect(model.nodes[1]!.Spec.Availability).toBe("drain");
    expect(model.tasks).toEqual(steps.at(-1));
    expect(told.at(0)).toEqual([0, 1]);
    expect(told.at(-1)).toEqual([1, 1]);
  });

  it("does not wait for what could not run before", async () => {
    const model = new Model([node("a", "manager"), node("w"), node("x")], [task(1, "", "pending"), task(2, "w")]);
    model.moved = () => [task(1, "", "pending"), task(2, "x")];
    const { kind, call } = setUp(model);
    await kind.drain!(call(member("w1"), state("w")));
    // It has looked once at what runs on the node and once at what is to run anywhere.
    expect(model.looks).toBe(2);
  });

  it("of the only node is no use: nothing is changed, and that is said", async () => {
    const model = new Model([node("w", "manager")], [task(1, "w")]);
    const { kind, call, hand } = setUp(model, { m1: manages("c1", "own-1", "w") });
    await kind.drain!(call(member("m1", "manager"), state("w", "manager")));
    expect(model.bodies).toEqual([]);
    expect(hand.logged.join()).toMatch(/No other node/);
  });

  it("is refused where the managers left would be no majority, before anything is changed", async () => {
    const model = new Model([node("a", "manager"), node("b", "manager"), node("c", "manager", "unreachable")]);
    const { kind, call } = setUp(model, { m1: manages("c1"), m2: manages("c1", undefined, "b") });
    const draining = kind.drain!(call(member("m2", "manager"), state("b", "manager")));
    await expect(draining).rejects.toMatchObject({ code: "swarm.quorum" });
    expect(model.bodies).toEqual([]);
  });

  it("is refused where just half of the managers would be left: that is no majority", async () => {
    const away = node("d", "manager", "unreachable");
    const model = new Model([node("a", "manager"), node("b", "manager"), node("c", "manager"), away]);
    const { kind, call } = setUp(model, { m1: manages("c1"), m2: manages("c1", undefined, "b") });
    const draining = kind.drain!(call(member("m2", "manager"), state("b", "manager")));
    await expect(draining).rejects.toMatchObject({ code: "swarm.quorum" });
    expect(model.bodies).toEqual([]);
  });

  it("of one of two managers is done, and that nothing can be changed meanwhile is said", async () => {
    const model = new Model([node("a", "manager"), node("b", "manager")]);
    const { kind, call, hand } = setUp(model, { m1: manages("c1"), m2: manages("c1", undefined, "b") });
    await kind.drain!(call(member("m2", "manager"), state("b", "manager")));
    expect(model.nodes[1]!.Spec.Availability).toBe("drain");
    expect(hand.logged.join()).toMatch(/one of 2 managers/);
  });

  it("of a node that is gone or down is done at once", async () => {
    const gone = new Model([node("a", "manager")]);
    await setUp(gone).kind.drain!(setUp(gone).call(member("w1"), state("w")));
    const down = new Model([node("a", "manager"), { ...node("w"), Status: { State: "down" } }]);
    await setUp(down).kind.drain!(setUp(down).call(member("w1"), state("w")));
    expect([...gone.bodies, ...down.bodies]).toEqual([]);
  });
});

describe("a member that serves again", () => {
  it("is waited for until its tasks run, no task waits for a place, and all nodes report", async () => {
    const drained = { ...node("w"), Spec: { Role: "worker", Availability: "drain", Labels: {} } };
    const model = new Model(
      [node("a", "manager"), drained, { ...node("x"), Status: { State: "unknown" } }],
      [task(1, "", "pending"), { ...task(0, "w", "starting"), ServiceID: "everywhere" }],
    );
    const { kind, call } = setUp(model);
    const done: string[] = [];
    const restored = kind.update!({
      ...call(member("w1"), { ...state("w"), availability: "drain" }),
      changed: ["availability"],
    }).then(() => done.push("restored"));
    const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    for (const put of [
      () => model.tasks.splice(1, 1),
      () => model.tasks.splice(0, 1, task(1, "x")),
      () => Object.assign(model.nodes[2]!, { Status: { State: "ready" } }),
    ]) {
      // Whoever has not looked once more by then has not come too early either.
      await after(600);
      expect(done).toEqual([]);
      put();
    }
    await restored;
    expect(model.nodes[1]!.Spec.Availability).toBe("active");
  });
});

describe("a member that is about to go", () => {
  it("takes no new tasks, unless somebody drained it meanwhile", async () => {
    const model = new Model([node("a", "manager"), node("w")]);
    const { kind, call } = setUp(model);
    await kind.cordon!(call(member("w1"), state("w")));
    expect(model.nodes[1]!.Spec.Availability).toBe("pause");
    model.nodes[1]!.Spec.Availability = "drain";
    await kind.cordon!(call(member("w1"), state("w")));
    expect(model.nodes[1]!.Spec.Availability).toBe("drain");
  });
});

describe("a machine that left its Swarm by itself", () => {
  it("is still a member, not as it should be; it joins again and its old node is forgotten", async () => {
    const model = new Model([node("a", "manager"), { ...node("old"), Status: { State: "down" } }]);
    const table: { [machine: string]: FakeEngine } = { m1: manages("c1"), w1: idle };
    const { kind, call } = setUp(model, table);
    const seen = await kind.read(call(member("w1"), state("old")));
    expect(seen).toMatchObject({ nodeId: "old", status: "left" });
    expect(kind.drift!(seen!, member("w1").props)).toEqual(["membership"]);
    expect(kind.ready!(seen!, member("w1").props)).not.toBe(true);

    const answer = model.answer;
    const engines = fakeEngines(table, (machine, line, body) => {
      if (line === "GET /swarm") return { JoinTokens: { Worker: "SWMTKN-w", Manager: "SWMTKN-m" } };
      if (line === "POST /swarm/join") {
        table.w1 = { ...inSwarm, NodeID: "new" } as FakeEngine;
        model.nodes.push(node("new"));
        return {};
      }
      return answer(machine, line, body);
    });
    const again = swarmResourceTypes({ engines, advertise })["swarm.member"]!;
    expect(await again.update!({ ...call(member("w1"), seen!), changed: ["membership"] })).toMatchObject({
      nodeId: "new",
    });
    expect(model.nodes.map(({ ID }) => ID)).toEqual(["a", "new"]);
  });

  it("and joined again before a run was killed is told apart from what it was", async () => {
    const model = new Model([node("a", "manager"), node("w"), { ...node("old"), Status: { State: "down" } }]);
    const { kind, call } = setUp(model);
    const seen = await kind.read(call(member("w1"), state("old")));
    expect(seen).toMatchObject({ nodeId: "w", former: ["old"] });
    expect(kind.drift!(seen!, member("w1").props)).toEqual(["membership"]);
    await kind.update!({ ...call(member("w1"), seen!), changed: ["membership"] });
    expect(model.nodes.map(({ ID }) => ID)).toEqual(["a", "w"]);
  });
});

it("demotion and being drained interrupt a member, promotion and labels do not", () => {
  const { interrupts } = swarmResourceTypes({ engines: fakeEngines({}), advertise })["swarm.member"]!;
  const props = (more: object) => ({ ...member("x", "manager").props, ...more });
  expect(interrupts!(["role"], state("a", "manager"), props({ role: "worker" }))).toBe(true);
  expect(interrupts!(["availability"], state("a"), props({ availability: "drain" }))).toBe(true);
  expect(interrupts!(["role"], state("a"), props({ role: "manager" }))).toBe(false);
  expect(interrupts!(["labels"], state("a"), props({}))).toBe(false);
});
