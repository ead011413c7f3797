import { ec2Unavailable } from "@machinist/lab";
import { afterAll, afterEach, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { type Ec2Fleet, Ec2World } from "./ec2-world.ts";

const reason = ec2Unavailable();
const world = reason === undefined ? await Ec2World.open() : undefined;
afterEach(() => delete world?.server.limits.refused);
afterAll(() => world?.close());

const stateOf = async (fleet: Ec2Fleet): Promise<string | undefined> => {
  const { Reservations = [] } = await world!.ec2.describeInstances({ InstanceIds: [await fleet.id("a")] });
  return Reservations[0]?.Instances?.[0]?.State?.Name;
};

describeUnless(reason, "a machine that cannot get another instance type", () => {
  test("is not stopped for one that its zone does not have", async () => {
    const fleet = world!.fleet();
    await fleet.up({ a: {} });
    world!.server.calls.clear();
    const outcomes = await fleet.subject.run(await fleet.wanted({ a: { "instance-type": "t3.nonesuch" } }));
    expect(outcomes.map(({ error }) => error?.code)).toContain("amazonec2.instance-type-zone");
    expect(world!.server.calls.get("StopInstances")).toBeUndefined();
    await fleet.up({});
  });

  test("runs again when EC2 refuses it", async () => {
    const fleet = world!.fleet();
    await fleet.up({ a: {} });
    world!.server.limits.refused = { ModifyInstanceAttribute: "InvalidParameterCombination" };
    const outcomes = await fleet.subject.run(await fleet.wanted({ a: { "instance-type": "t3.small" } }));
    expect(outcomes.map(({ error }) => error?.code)).toContain("amazonec2.refused");
    expect(await stateOf(fleet)).toBe("running");
    await fleet.up({});
  });
});
