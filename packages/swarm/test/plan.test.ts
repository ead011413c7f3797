import type { FleetSpec, MachineSpec } from "@machinist/core";
import { describe, expect, it } from "vitest";
import type { SwarmNode } from "../src/api-types.ts";
import { planSwarm } from "../src/index.ts";
import { memberDrift, memberReady, wantedSpec } from "../src/member-state.ts";
import { keepsQuorum } from "../src/quorum.ts";

const machine = (name: string, more: Partial<MachineSpec> = {}): MachineSpec => ({
  name,
  group: name,
  driver: "x",
  options: {},
  engine: {},
  ...more,
});
const fleet = (...machines: MachineSpec[]): FleetSpec => ({
  name: "demo",
  machines,
  compose: [],
  stacks: [],
  contexts: false,
});

describe("planSwarm", () => {
  it("plans nothing without members", () => {
    expect(planSwarm(fleet(machine("a")))).toEqual([]);
  });

  it("lets members live in their engine and the cluster, and the cluster wait for its managers' engines", () => {
    const planned = planSwarm(
      fleet(
        machine("w", { swarm: { role: "worker", labels: { disk: "ssd" } } }),
        machine("m1", { swarm: { role: "manager", advertise: "eth1" } }),
        machine("m2", { swarm: { role: "manager" } }),
      ),
    );
    expect(planned[0]).toEqual({
      id: "@demo/swarm",
      kind: "swarm.cluster",
      props: { managers: ["m1", "m2"], first: "m1", advertise: "eth1" },
      parents: [],
      after: ["m1/engine", "m2/engine"],
    });
    expect(planned[1]).toEqual({
      id: "w/swarm",
      kind: "swarm.member",
      props: { machine: "w", role: "worker", labels: { disk: "ssd" }, availability: "active" },
      parents: ["w/engine", "@demo/swarm"],
      rolling: [{ name: "@demo/swarm", limit: 1 }],
    });
  });

  it.each([
    [1, 1],
    [2, 1],
    [3, 1],
    [5, 2],
    [7, 3],
  ])("of %i managers at most %i go out of service at once, however many the manifest allows", (count, limit) => {
    const managers = Array.from({ length: count }, (_, index) => machine(`m${index}`, { swarm: { role: "manager" } }));
    const planned = planSwarm({ ...fleet(...managers), swarm: { maxUnavailable: 9 } });
    expect(planned[1]?.rolling).toEqual([
      { name: "@demo/swarm/managers", limit },
      { name: "@demo/swarm", limit: 9 },
    ]);
  });

  it("refuses workers without a manager and members without Docker", () => {
    const failing = (spec: FleetSpec) => () => planSwarm(spec);
    expect(failing(fleet(machine("w", { swarm: { role: "worker" } })))).toThrowError(
      expect.objectContaining({ code: "swarm.no-manager" }),
    );
    expect(failing(fleet(machine("m", { engine: false, swarm: { role: "manager" } })))).toThrowError(
      expect.objectContaining({ code: "swarm.no-engine" }),
    );
  });
});

const node = (
  id: string,
  more: { role?: "manager" | "worker"; reachable?: boolean; labels?: { [key: string]: string } } = {},
): SwarmNode => ({
  ID: id,
  Version: { Index: 1 },
  Spec: { Role: more.role ?? "manager", Availability: "active", Labels: more.labels ?? {} },
  Status: { State: "ready" },
  ManagerStatus: { Reachability: more.reachable === false ? "unreachable" : "reachable", Addr: "" },
});

describe("the quorum guard", () => {
  it.each([
    ["three healthy managers lose one", [node("a"), node("b"), node("c")], true],
    ["two lose one", [node("a"), node("b")], true],
    ["three with one away lose a healthy one", [node("a"), node("b"), node("c", { reachable: false })], false],
    ["three with one away lose that one", [node("a", { reachable: false }), node("b"), node("c")], true],
    [
      "five with two away lose a healthy one",
      [node("a"), node("b"), node("c"), node("d", { reachable: false }), node("e", { reachable: false })],
      false,
    ],
    ["the last manager of workers goes", [node("a"), node("b", { role: "worker" })], false],
  ])("%s", (_name, nodes, kept) => {
    expect(keepsQuorum(nodes, "a")).toBe(kept);
  });
});

describe("a member's labels", () => {
  const props = { machine: "w", role: "worker" as const, labels: { disk: "ssd" }, availability: "active" as const };
  const state = {
    nodeId: "n",
    cluster: "c",
    role: "worker" as const,
    availability: "active",
    labels: { disk: "ssd", theirs: "1" },
    address: "",
    status: "ready",
    reachability: "",
    declared: ["disk"],
  };

  it("are compared as far as they were declared", () => {
    expect(memberDrift(state, props)).toEqual([]);
    expect(memberDrift({ ...state, labels: {} }, props)).toEqual(["labels"]);
    expect(memberDrift({ ...state, availability: "drain", role: "manager" }, props)).toEqual(["role", "availability"]);
  });

  it("that are declared no longer go, others stay", () => {
    const spec = wantedSpec(node("n", { labels: { old: "1", theirs: "1" } }), props, ["old"]);
    expect(spec.Labels).toEqual({ theirs: "1", disk: "ssd" });
  });

  it("a manager is ready once it is reachable", () => {
    expect(memberReady(state, props)).toBe(true);
    expect(memberReady({ ...state, reachability: "starting" }, { ...props, role: "manager" })).toContain("reachable");
    expect(memberReady({ ...state, status: "down" }, props)).toContain("down");
  });
});
