import type { Data } from "@machinist/core";
import { ec2Unavailable } from "@machinist/lab";
import { afterAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { type Ec2Fleet, Ec2World } from "./ec2-world.ts";

const reason = ec2Unavailable();
const world = reason === undefined ? await Ec2World.open() : undefined;
afterAll(() => world?.close());

describeUnless(reason, "the machines of a fleet reach each other on all ports", () => {
  test("when they are open to others on different ports, and from different places", () =>
    within(async (fleet) => {
      await fleet.up({ manager: { "open-port": ["80"] }, worker: {}, db: { "ingress-cidr": ["198.51.100.0/24"] } });
      await expectReach(fleet, ["manager", "worker", "db"]);
      expect(await fleet.openings("db")).toEqual(["22 198.51.100.0/24", "2376 198.51.100.0/24"]);
      expect(await fleet.openings("worker")).toEqual(["22 192.0.2.7/32", "2376 192.0.2.7/32"]);
    }));

  test("when they name their VPC in different ways; and who comes later is let in by who was there", () =>
    within(async (fleet) => {
      const { Subnets = [] } = await world!.ec2.describeSubnets({});
      const [one, other] = Subnets.map(({ SubnetId }) => ({ "subnet-id": SubnetId! })) as Data[] as [Data, Data];
      const vpc = { "vpc-id": Subnets[0]!.VpcId! };
      await fleet.up({ a: one, b: other });
      await expectReach(fleet, ["a", "b"]);
      await fleet.up({ a: one, b: other, c: vpc, d: {} });
      await expectReach(fleet, ["a", "b", "c", "d"]);
      // One goes with its group, though others name it.
      await fleet.up({ b: other, c: vpc, d: {} });
      await expectReach(fleet, ["b", "c", "d"]);
    }));

  test("and nobody else's machine reaches them, also of a fleet of the same kind", () =>
    within((fleet) =>
      within(async (theirs) => {
        await fleet.up({ a: {} });
        await theirs.up({ a: {} });
        const [one, other] = [await fleet.id("a"), await theirs.id("a")];
        expect(await groupsOf(one)).not.toEqual(await groupsOf(other));
        const mine = await groupsOf(one);
        const { SecurityGroups = [] } = await world!.ec2.describeSecurityGroups({ GroupIds: await groupsOf(other) });
        const named = SecurityGroups.flatMap(({ IpPermissions = [] }) =>
          IpPermissions.flatMap(({ UserIdGroupPairs = [] }) => UserIdGroupPairs.map(({ GroupId }) => GroupId!)),
        );
        expect(named.filter((id) => mine.includes(id))).toEqual([]);
      }),
    ));

  test("of a version before, too, once they are brought up again: in place, and never apart", () =>
    within(async (fleet) => {
      const machines = { a: {}, b: {} };
      const before = (await fleet.wanted(machines)).flatMap((each) => {
        if (/\/members-/.test(each.id)) return [];
        const { members: _members, ...props } = each.props;
        const after = each.after?.filter((id) => !/\/members-/.test(id));
        return [{ ...each, props, ...(after ? { after } : {}) }];
      });
      await fleet.subject.settle(
        before.map((each) =>
          each.kind === "amazonec2.instance" ? { ...each, props: { ...each.props, members: "" } } : each,
        ),
      );
      const ids = [await fleet.id("a"), await fleet.id("b")];
      await expectReach(fleet, ["a", "b"]);
      await fleet.up(machines);
      expect([await fleet.id("a"), await fleet.id("b")]).toEqual(ids);
      await expectReach(fleet, ["a", "b"]);
      for (const id of ids) expect(await groupsOf(id)).toHaveLength(2);
    }));

  test("blocks that mean the same are no difference", () =>
    within(async (fleet) => {
      await fleet.up({ a: { "ingress-cidr": ["2001:DB8:0::1/64", "192.0.2.9/24"] } });
      const outcomes = await fleet.subject.settle(
        await fleet.wanted({ a: { "ingress-cidr": ["192.0.2.0/24", "2001:db8::/64"] } }),
      );
      expect(outcomes.map(({ change }) => change)).toEqual(outcomes.map(() => "none"));
    }));
});

const groupsOf = (id: string): Promise<string[]> => world!.groupsOf(id);

async function expectReach(fleet: Ec2Fleet, machines: readonly string[]): Promise<void> {
  const pairs = machines.flatMap((from) => machines.flatMap((to) => (from === to ? [] : [[from, to] as const])));
  const apart: string[] = [];
  for (const [from, to] of pairs) if (!(await fleet.reaches(from, to))) apart.push(`${from} -> ${to}`);
  expect(apart).toEqual([]);
}

/** A fleet that is there for one test, and leaves nothing. */
async function within(work: (fleet: Ec2Fleet) => Promise<void>): Promise<void> {
  const fleet = world!.fleet();
  try {
    await work(fleet);
  } finally {
    await fleet.up({});
  }
  expect((await world!.server.inventory()).filter((line) => line.includes(fleet.subject.fleet))).toEqual([]);
}
