import { join } from "node:path";
import type { Event, FleetSpec } from "@machinist/core";
import type { Outcome } from "@machinist/fleet";
import { unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../skipped.ts";
import { LabFleet } from "./lab-fleet.ts";

describeUnless(unavailable(), "certificates of a Swarm that locks itself", () => {
  let fleet: LabFleet;
  const names = ["m1", "m2", "m3"];
  const spec = (): FleetSpec => ({
    ...fleet.spec,
    swarm: { autolock: true },
    machines: fleet.spec.machines.map((machine) => ({ ...machine, swarm: { role: "manager" } })),
  });
  beforeAll(async () => {
    fleet = await LabFleet.start(3);
    const made = await fleet.machinist.up(spec()).result;
    expect(made, JSON.stringify(made.failures)).toMatchObject({ ok: true });
  });
  afterAll(() => fleet?.[Symbol.asyncDispose]());

  const starts = () => Promise.all(names.map((name) => fleet.starts(name)));
  const nodes = () => fleet.sh("m1", "docker node ls --format '{{.Status}} {{.Availability}} {{.ManagerStatus}}'");
  /** What a run does, with the names of nodes in the order in which they went out of service. */
  const watched = async (run: AsyncIterable<Event> & { readonly result: Promise<Outcome> }) => {
    const drained: string[] = [];
    for await (const event of run)
      if (event.type === "resource" && event.id.endsWith("/swarm") && event.detail === "out of service")
        drained.push(event.id.split("/")[0]!);
    const outcome = await run.result;
    expect(outcome, JSON.stringify(outcome.failures)).toMatchObject({ ok: true });
    return drained;
  };
  /** Every engine was restarted so often, each node out of service before, and the Swarm serves as if nothing had been. */
  const expectServing = async (before: number[], drained: string[], restarts: number) => {
    expect((await starts()).map((count, index) => count - before[index]!)).toEqual(names.map(() => restarts));
    expect([...drained].sort()).toEqual(names.flatMap((name) => Array<string>(restarts).fill(name)));
    for (const name of names)
      expect(await fleet.sh(name, "docker info -f '{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}'")).toBe(
        "active true",
      );
    expect((await nodes()).split("\n").map((line) => line.replace("Leader", "Reachable"))).toEqual(
      names.map(() => "Ready Active Reachable"),
    );
  };

  test("access is given and taken with one restart of each, and no node is left locked", async () => {
    const output = join(fleet.folder, "alice");
    const before = await starts();
    await expectServing(before, await watched(fleet.machinist.grantAccess({ name: "alice", output })), 1);
    const given = await starts();
    await expectServing(given, await watched(fleet.machinist.revokeAccess("alice")), 1);
  });

  test("another CA takes two restarts of each", async () => {
    const old = await fleet.copyOf(fleet.machineDir("m1"), "old");
    const before = await starts();
    await expectServing(before, await watched(fleet.machinist.rotateAuthority()), 2);
    for (const name of names) {
      expect(await fleet.dockerInfo(name, fleet.machineDir(name))).toMatch(/^\d+\.\d+/);
      expect(await fleet.dockerInfo(name, old, join(fleet.machineDir(name), "ca.pem"))).toMatch(/CERTIFICATE|ALERT/i);
    }
  });

  test("new certificates and changes of engines go the same way", async () => {
    const before = await starts();
    await expectServing(before, await watched(fleet.machinist.regenerateCerts(names)), 1);
    const renewed = await starts();
    const changed = spec();
    const machines = changed.machines.map((machine) => ({
      ...machine,
      engine: { hostname: false, env: { HTTP_PROXY: "http://127.0.0.1:9" } },
    }));
    await expectServing(renewed, await watched(fleet.machinist.up({ ...changed, machines })), 1);
  });
});
