import { ec2Unavailable } from "@machinist/lab";
import { afterAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { type Ec2Fleet, Ec2World } from "./ec2-world.ts";

const reason = ec2Unavailable();
const world = reason === undefined ? await Ec2World.open() : undefined;
afterAll(() => world?.close());

const machine = { a: { "elastic-address": true } };

const protect = (id: string, Value: boolean) =>
  world!.ec2.modifyInstanceAttribute({ InstanceId: id, DisableApiTermination: { Value } });

/** The instance that the address of a fleet's machine leads to. */
async function leadsTo(fleet: Ec2Fleet): Promise<string | undefined> {
  const Filters = [{ Name: "tag:machinist:fleet", Values: [fleet.subject.fleet] }];
  const { Addresses = [] } = await world!.ec2.describeAddresses({ Filters });
  expect(Addresses).toHaveLength(1);
  return Addresses[0]?.AssociationId === undefined ? undefined : Addresses[0].InstanceId;
}

const left = async (fleet: Ec2Fleet): Promise<string[]> =>
  (await world!.server.inventory()).filter((line) => line.includes(fleet.subject.fleet));

describeUnless(reason, "a machine whose termination is refused", () => {
  test("keeps its address, and is removed whole once it may be", async () => {
    const fleet = world!.fleet();
    await fleet.up(machine);
    const id = await fleet.id("a");
    await protect(id, true);
    const refused = await fleet.subject.run([]);
    expect(refused.filter(({ change }) => change === "failed").map((each) => [each.id, each.error?.code])).toEqual([
      [`${fleet.name("a")}/instance`, "amazonec2.protected"],
    ]);
    expect(refused.find(({ error }) => error?.code === "amazonec2.protected")?.error?.hint).toContain(id);
    expect(await leadsTo(fleet)).toBe(id);
    await protect(id, false);
    await fleet.up({});
    expect(await left(fleet)).toEqual([]);
  });

  test("also when it was to be replaced", async () => {
    const fleet = world!.fleet();
    await fleet.up(machine);
    const id = await fleet.id("a");
    await protect(id, true);
    const other = await fleet.wanted({ a: { ...machine.a, "volume-type": "gp2" } });
    const refused = await fleet.subject.run(other, { replace: true });
    expect(refused.map(({ error }) => error?.code)).toContain("amazonec2.protected");
    expect(await leadsTo(fleet)).toBe(id);

    await protect(id, false);
    await fleet.subject.settle(other, { replace: true });
    expect(await leadsTo(fleet)).toBe(await fleet.id("a"));
    expect(await fleet.id("a")).not.toBe(id);
    await fleet.up({});
    expect(await left(fleet)).toEqual([]);
  });

  test("also with a record of a version that took the address off first", async () => {
    const fleet = world!.fleet();
    const before = (await fleet.wanted(machine)).map((each) => {
      if (each.kind === "amazonec2.association")
        return { ...each, parents: [`${fleet.name("a")}/instance`, `${fleet.name("a")}/address`], after: [] };
      return { ...each, after: (each.after ?? []).filter((id) => !id.endsWith("/address")) };
    });
    await fleet.subject.settle(before);
    const id = await fleet.id("a");
    await protect(id, true);
    await fleet.subject.run([]);
    expect(await leadsTo(fleet)).toBe(id);
    await protect(id, false);
    await fleet.up({});
    expect(await left(fleet)).toEqual([]);
  });
});
