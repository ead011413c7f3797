import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openMachinist } from "@machinist/fleet";
import { Ec2Server, ec2Unavailable } from "@machinist/lab";
import { expect } from "vitest";
import { testUnless } from "../../../test/skipped.ts";
import { Scene } from "./scene.ts";

const reason = ec2Unavailable();

testUnless(reason, "an instance of docker-machine's is removed with its key pair, and its group stays", async () => {
  const server = await Ec2Server.start();
  const scene = new Scene();
  try {
    await server.direct("CreateKeyPair", { KeyName: "web-1" });
    const images = await server.direct("DescribeImages", { "Owner.1": "099720109477" });
    const ImageId = /<imageId>(ami-[0-9a-f]+)</.exec(images)![1]!;
    const made = await server.direct("RunInstances", {
      ...{ ImageId, InstanceType: "t2.micro", KeyName: "web-1", MinCount: "1", MaxCount: "1" },
    });
    const InstanceId = /<instanceId>(i-[0-9a-f]+)</.exec(made)![1]!;
    await server.direct("CreateSecurityGroup", { GroupName: "docker-machine", GroupDescription: "theirs" });

    const folder = join(scene.store, "machines", "web-1");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const kept = {
      ...{ MachineName: "web-1", SSHUser: "ubuntu", SSHPort: 22, SSHKeyPath: join(folder, "id_rsa") },
      ...{ AccessKey: "AKIAEXAMPLE", SecretKey: "do-not-keep-me", Region: "us-east-1", Endpoint: server.url },
      ...{ InstanceId, KeyName: "web-1", ExistingKey: false, AMI: ImageId, InstanceType: "t2.micro" },
      ...{
        SecurityGroupNames: ["docker-machine"],
        IPAddress: "192.0.2.9",
        RootSize: 16,
        VolumeType: "gp2",
        Zone: "a",
      },
    };
    const config = { ConfigVersion: 3, Driver: kept, DriverName: "amazonec2", HostOptions: {}, Name: "web-1" };
    writeFileSync(join(folder, "config.json"), JSON.stringify(config));

    const env = {
      AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "example",
      PATH: process.env.PATH,
      AWS_ENDPOINT: server.url,
    };
    await using machinist = await openMachinist({ storagePath: scene.store, env });
    expect(await machinist.status("web-1")).toBe("running");
    expect((await machinist.power("stop", ["web-1"]).result).failures).toEqual([]);
    expect(await machinist.status("web-1")).toBe("stopped");
    const saved = readFileSync(join(folder, "config.json"), "utf8");
    expect(saved).not.toContain("do-not-keep-me");
    expect(saved).toContain(InstanceId);

    expect(await machinist.remove(["web-1"]).result).toMatchObject({ ok: true, failures: [] });
    expect(await server.direct("DescribeInstances", {})).not.toMatch(/<name>(running|stopped)<\/name>/);
    expect(await server.direct("DescribeKeyPairs", {})).not.toContain("web-1");
    expect(await server.direct("DescribeSecurityGroups", {})).toContain("<groupName>docker-machine</groupName>");
  } finally {
    await scene.close();
    await server.close();
  }
});
