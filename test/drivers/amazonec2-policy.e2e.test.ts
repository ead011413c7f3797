import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Data, FleetSpec } from "@machinist/core";
import amazonec2 from "@machinist/driver-amazonec2";
import { openMachinist } from "@machinist/fleet";
import { Ec2Server, ec2Unavailable } from "@machinist/lab";
import { FastClock } from "@machinist/testkit";
import { expect, test } from "vitest";
import { describeUnless } from "../skipped.ts";

const reason = ec2Unavailable();
const clock = new FastClock(200);
const hasty = {
  ...amazonec2,
  create: (context: Parameters<typeof amazonec2.create>[0]) => amazonec2.create({ ...context, clock }),
};

/** Actions that the policy in the docs allows. */
function allowed(): string[] {
  const docs = readFileSync(new URL("../../docs/drivers/amazonec2.md", import.meta.url), "utf8");
  const policy = JSON.parse(/```json\n([\s\S]*?)```/.exec(docs)![1]!) as { Statement: { Action: string | string[] }[] };
  const actions = policy.Statement.flatMap(({ Action }) => Action);
  return [...new Set(actions.map((action) => action.replace(/^ec2:/, "")))].sort();
}

describeUnless(reason, "at moto", () => {
  test("the policy in the docs allows what the driver calls in a whole life, and no more", async () => {
    const storagePath = mkdtempSync(join(tmpdir(), "machinist-ec2-policy-"));
    const server = await Ec2Server.start({ now: () => clock.now() });
    const env = { HOME: storagePath, AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "example" };
    const machinist = await openMachinist({ storagePath, drivers: [hasty], env });
    try {
      const up = async (more: Data, replace = false) => {
        const options = { endpoint: server.url, "ingress-cidr": ["192.0.2.7/32"], "elastic-address": true, ...more };
        const machines = ["a", "b"].map((name) => ({
          name,
          group: "g",
          driver: "amazonec2",
          options,
          engine: false as const,
        }));
        const spec: FleetSpec = { name: "policy", machines, compose: [], stacks: [], contexts: false };
        const { failures } = await machinist.up(spec, { replace }).result;
        expect(failures).toEqual([]);
      };
      await up({});
      const groups = (await server.inventory()).filter((line) => line.startsWith("security-group "));
      const rule = {
        "IpPermissions.1.IpProtocol": "tcp",
        "IpPermissions.1.FromPort": "1",
        "IpPermissions.1.ToPort": "9",
      };
      const GroupId = groups[0]!.split(" ")[1]!;
      await server.direct("AuthorizeSecurityGroupIngress", {
        GroupId,
        ...rule,
        "IpPermissions.1.IpRanges.1.CidrIp": "0.0.0.0/0",
      });
      await up({ "instance-type": "t3.small", "root-size": 20, tags: ["team=web"] });
      const after = await server.direct("DescribeSecurityGroups", { "GroupId.1": GroupId });
      expect(/<ipPermissions>[\s\S]*?<\/ipPermissions>/.exec(after)![0]).not.toContain("0.0.0.0/0");
      for (const action of ["restart", "stop", "start"] as const)
        expect((await machinist.power(action, ["a"]).result).failures).toEqual([]);
      await up({ "elastic-address": false }, true);
      await amazonec2.create({ cacheDir: storagePath, machineDir: () => storagePath, env }).listOwned!(
        { region: "us-east-1", endpoint: server.url },
        new AbortController().signal,
      );
      expect((await machinist.down("policy").result).failures).toEqual([]);
      expect(await server.inventory()).toEqual([]);
      expect(Object.keys(server.countCalls().of)).toEqual(allowed());
    } finally {
      await machinist[Symbol.asyncDispose]();
      await server.close();
      rmSync(storagePath, { recursive: true, force: true });
    }
  });
});
