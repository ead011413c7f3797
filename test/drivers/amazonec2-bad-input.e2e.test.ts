import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Data } from "@machinist/core";
import amazonec2 from "@machinist/driver-amazonec2";
import { openMachinist } from "@machinist/fleet";
import { Ec2Server, ec2Unavailable, otherAccountsKey, refusedKey } from "@machinist/lab";
import { FastClock } from "@machinist/testkit";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../skipped.ts";

const reason = ec2Unavailable();
const clock = new FastClock(200);
/** The driver in a time that passes quickly. */
const hasty = {
  ...amazonec2,
  create: (context: Parameters<typeof amazonec2.create>[0]) => amazonec2.create({ ...context, clock }),
};

describeUnless(reason, "at moto", () => {
  let server: Ec2Server;
  let folder: string;
  let number = 0;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "machinist-ec2-bad-"));
    server = await Ec2Server.start({ now: () => clock.now() });
  });
  afterAll(async () => {
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    for (const limit of ["capacity", "spotCapacity", "quota"] as const) delete server.limits[limit];
  });

  const open = (env: Record<string, string> = {}) =>
    openMachinist({
      storagePath: join(folder, `store-${++number}`),
      drivers: [hasty],
      env: { HOME: folder, AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "example", ...env },
    });
  const standard = () => ({ endpoint: server.url, "ingress-cidr": ["192.0.2.7/32"] });
  const create = async (options: Data, env: Record<string, string> = {}, names = ["bad"]) => {
    const machinist = await open(env);
    const all = { ...standard(), ...options };
    const requests = names.map((name) => ({ name, driver: "amazonec2", options: all, engine: false as const }));
    try {
      return { machinist, outcome: await machinist.create(requests).result };
    } finally {
      await machinist[Symbol.asyncDispose]();
    }
  };
  const refused = async (code: string, options: Data, env: Record<string, string> = {}) => {
    const before = await server.inventory();
    await expect(create(options, env)).rejects.toMatchObject({ code, hint: expect.stringMatching(/\S/) });
    expect(await server.inventory(), "nothing was made").toEqual(before);
  };

  test.each<[string, string, Data]>([
    ["an unknown image", "amazonec2.image", { ami: "ami-0123456789abcdef0" }],
    ["a system that nobody publishes", "amazonec2.image", { ami: "debian-99" }],
    ["an unknown size", "amazonec2.instance-type", { "instance-type": "t99.micro" }],
    ["an unknown VPC", "amazonec2.vpc", { "vpc-id": "vpc-0123" }],
    ["an unknown subnet", "amazonec2.subnet", { "subnet-id": "subnet-0123" }],
    ["a zone that is not there", "amazonec2.zone", { zone: "z" }],
    ["a zone without the size", "amazonec2.instance-type-zone", { zone: "e", "instance-type": "t3.micro" }],
    ["an unknown group", "amazonec2.security-group", { "security-group": ["nobodys"] }],
    ["an unknown key pair", "amazonec2.key-pair", { "keypair-name": "nobodys", "ssh-keypath": "/nowhere" }],
    ["user-data that is not there", "amazonec2.userdata", { userdata: "/nowhere/user-data" }],
    [
      "no page that tells the caller's address",
      "amazonec2.own-address",
      { "ingress-cidr": ["auto"], "address-service": "http://127.0.0.1:9/" },
    ],
  ])("%s is refused before anything is made: %s", (_, code, options) => refused(code, options));

  test("so is a subnet of another VPC or zone", async () => {
    const vpc = /<vpcId>([^<]+)/.exec(await server.direct("CreateVpc", { CidrBlock: "10.9.0.0/16" }))![1]!;
    const made = await server.direct("CreateSubnet", {
      VpcId: vpc,
      CidrBlock: "10.9.1.0/24",
      AvailabilityZone: "us-east-1b",
    });
    const subnet = /<subnetId>([^<]+)/.exec(made)![1]!;
    const theirs = /<vpcId>([^<]+)/.exec(
      await server.direct("DescribeVpcs", { "Filter.1.Name": "is-default", "Filter.1.Value.1": "true" }),
    )![1]!;
    await refused("amazonec2.subnet", { "subnet-id": subnet, "vpc-id": theirs });
    await refused("amazonec2.zone", { "subnet-id": subnet, zone: "a" });
  });

  test("so are wrong credentials, and none", async () => {
    await refused("amazonec2.credentials", {}, { AWS_ACCESS_KEY_ID: refusedKey });
    const home = {
      HOME: process.env.HOME,
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith("AWS_"))),
    };
    try {
      for (const name of Object.keys(home).filter((each) => each.startsWith("AWS_"))) delete process.env[name];
      Object.assign(process.env, { HOME: folder, AWS_EC2_METADATA_DISABLED: "true" });
      await refused("amazonec2.no-credentials", {}, { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" });
    } finally {
      Object.assign(process.env, home);
    }
  });

  test("so is a region without a default VPC", async () => {
    const region = "eu-west-3";
    const answer = await server.direct("DescribeVpcs", {}, region);
    for (const [, id = ""] of (await server.direct("DescribeSubnets", {}, region)).matchAll(/<subnetId>([^<]+)/g))
      await server.direct("DeleteSubnet", { SubnetId: id }, region);
    await server.direct("DeleteVpc", { VpcId: /<vpcId>([^<]+)/.exec(answer)![1]! }, region);
    await refused("amazonec2.no-default-vpc", { region });
  });

  test("with the credentials of another account nothing is believed gone, and nothing removed", async () => {
    const { machinist, outcome } = await create({}, {}, ["kept"]);
    expect(outcome.failures).toEqual([]);
    const before = await server.inventory();
    const { storagePath } = machinist;
    const env = { HOME: folder, AWS_ACCESS_KEY_ID: otherAccountsKey, AWS_SECRET_ACCESS_KEY: "example" };
    const other = await openMachinist({ storagePath, drivers: [hasty], env });
    const removed = await other.remove(["kept"]).result;
    expect(removed.failures.map(({ code }) => code)).toContain("amazonec2.other-account");
    expect(await other.names()).toEqual(["kept"]);
    expect(await server.inventory()).toEqual(before);
    expect((await machinist.remove(["kept"]).result).failures).toEqual([]);
  });

  test("a quota that is reached, and a zone without room, are told as such", async () => {
    server.limits.quota = 0;
    expect((await create({})).outcome.failures).toMatchObject([{ code: "amazonec2.quota" }]);
    server.limits.quota = 1000;
    server.limits.capacity = 0;
    expect((await create({})).outcome.failures).toMatchObject([{ code: "amazonec2.capacity" }]);
  });

  test("where there is room for a part of a batch, the rest is asked for again", async () => {
    server.limits.capacity = 2;
    server.countCalls();
    const { outcome } = await create({}, {}, ["p1", "p2", "p3", "p4", "p5"]);
    expect(outcome.failures).toEqual([]);
    expect(server.countCalls().of.RunInstances).toBe(3);
  });

  test("without room for spot instances an on-demand one is taken, if that was asked for", async () => {
    server.limits.spotCapacity = 0;
    const spot = { "request-spot-instance": true, "spot-price": "0.50" };
    expect((await create(spot)).outcome.failures).toMatchObject([{ code: "amazonec2.capacity" }]);
    expect((await create({ ...spot, "spot-fallback": true })).outcome.failures).toEqual([]);
  });

  test("user-data that is too long is refused", async () => {
    const path = join(folder, "long");
    writeFileSync(path, `#!/bin/sh\n# ${"x".repeat(20_000)}\n`);
    await refused("amazonec2.userdata-size", { userdata: path });
  });

  test("the address that one calls from is asked for, and let in", async () => {
    const service = createServer((_, response) => response.end("198.51.100.23\n")).listen(0, "127.0.0.1");
    const url = () => `http://127.0.0.1:${(service.address() as AddressInfo).port}/`;
    await new Promise((resolve) => service.once("listening", resolve));
    const { machinist, outcome } = await create({ "ingress-cidr": ["auto"], "address-service": url() });
    expect(outcome.failures).toEqual([]);
    const { resources } = await machinist.info("bad");
    expect(JSON.stringify(resources)).not.toContain("198.51.100.23");
    expect(await server.direct("DescribeSecurityGroups", {})).toContain("198.51.100.23/32");
    service.close();
  });

  test("your own group is byte for byte what it was, and ours is gone", async () => {
    const made = await server.direct("CreateSecurityGroup", { GroupName: "mine", GroupDescription: "my own" });
    const id = /<groupId>([^<]+)/.exec(made)![1]!;
    const rule = {
      "IpPermissions.1.IpProtocol": "tcp",
      "IpPermissions.1.FromPort": "22",
      "IpPermissions.1.ToPort": "22",
    };
    await server.direct("AuthorizeSecurityGroupIngress", {
      GroupId: id,
      ...rule,
      "IpPermissions.1.IpRanges.1.CidrIp": "203.0.113.0/24",
    });
    const look = async () =>
      (await server.direct("DescribeSecurityGroups", { "GroupId.1": id })).replace(/<requestId>.*<\/requestId>/, "");
    const before = await look();
    const { machinist, outcome } = await create({
      "security-group": ["mine"],
      "open-port": ["80"],
      "security-group-readonly": false,
    });
    expect(outcome.failures).toEqual([]);
    expect(await look()).toBe(before);
    expect((await machinist.remove(["bad"]).result).failures).toEqual([]);
    expect(await look()).toBe(before);
  });
});
