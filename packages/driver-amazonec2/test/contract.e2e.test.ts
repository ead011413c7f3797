import type { Data } from "@machinist/core";
import amazonec2 from "@machinist/driver-amazonec2";
import { Ec2Server, ec2Unavailable } from "@machinist/lab";
import { FastClock } from "@machinist/testkit";
import { testDriver } from "@machinist/testkit/suites";
import { afterAll, expect } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";

const reason = ec2Unavailable();
const clock = new FastClock(200);
const server = reason === undefined ? await Ec2Server.start({ now: () => clock.now() }) : undefined;
afterAll(() => server?.close());

describeUnless(reason, "at moto", () => {
  testDriver({
    module: amazonec2,
    options: { endpoint: server?.url ?? "", "ingress-cidr": ["192.0.2.7/32"], "elastic-address": true },
    publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl suite",
    context: { env: { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "example" }, clock },
    changed: [
      { "instance-type": "t3.small", "root-size": 20, tags: ["team=lab", "Name=mine", "cost=7"], "open-port": ["80"] },
      { "instance-type": "t3.small", "root-size": 30, tags: ["cost=8"], "open-port": ["80", "443"] },
      { "root-size": 30 },
    ],
    expectChanged,
    impossible: { options: { "root-size": 18 }, code: "amazonec2.disk-shrink" },
    replacing: { "volume-type": "gp2" },
    leftovers: async ({ fleet }) => (await server!.inventory()).filter((line) => line.includes(fleet)),
    faults: (faults) => {
      server!.faultPlan = faults;
    },
    async breakProvider() {
      server!.faultPlan = { fault: () => "error", lagMs: 0 };
      return async () => {
        server!.faultPlan = undefined;
      };
    },
    foreign,
    // `pnpm test:long` has twelve.
    kills: 6,
    lagMs: 10_000,
    report: (line) => console.log(line),
    timeoutMs: 300_000,
  });
});

/** The tags that are not ours alone, on the instance and its disk, and how large that is. */
async function expectChanged({ fleet }: { readonly fleet: string }, options: Data): Promise<void> {
  const lines = (await server!.inventory()).filter((line) => line.includes(fleet));
  const given = (options.tags as string[] | undefined) ?? [];
  const name = given.find((tag) => tag.startsWith("Name=")) ?? `Name=${fleet}-1`;
  const wanted = [...given.filter((tag) => tag !== name), name].sort();
  for (const what of ["instance", "volume"]) {
    const found = lines.filter((line) => line.startsWith(`${what} `));
    expect(
      found.map((line) => line.split(" ").slice(3)).map((tags) => tags.filter((tag) => !/^machinist:/.test(tag))),
    ).toEqual([wanted]);
    for (const line of found) expect(line).toMatch(what === "instance" ? / running / : / in-use /);
  }
  const volumes = await server!.direct("DescribeVolumes", {
    "Filter.1.Name": "tag:machinist:fleet",
    "Filter.1.Value.1": fleet,
  });
  expect(/<size>(\d+)</.exec(volumes)?.[1]).toBe(String(options["root-size"]));
}

/** Somebody else's machine, with a key and a group, in the same region and under names like ours. */
async function foreign() {
  const group = { GroupName: "machinist", GroupDescription: "theirs" };
  const groupId = /<groupId>([^<]+)/.exec(await server!.direct("CreateSecurityGroup", group))![1]!;
  const tags = {
    "TagSpecification.1.ResourceType": "instance",
    "TagSpecification.1.Tag.1.Key": "Name",
    "TagSpecification.1.Tag.1.Value": "machinist-1",
  };
  const image = /<imageId>([^<]+)/.exec(await server!.direct("DescribeImages", {}))![1]!;
  const run = { ImageId: image, InstanceType: "t3.micro", MinCount: "1", MaxCount: "1", ...tags };
  const id = /<instanceId>([^<]+)/.exec(await server!.direct("RunInstances", run))![1]!;
  return {
    async isThere() {
      const lines = await server!.inventory();
      return [`instance ${id} running`, `security-group ${groupId}`].every((text) =>
        lines.some((line) => line.startsWith(text)),
      );
    },
    async remove() {
      await server!.direct("TerminateInstances", { "InstanceId.1": id });
      await server!.direct("DeleteSecurityGroup", { GroupId: groupId });
    },
  };
}
