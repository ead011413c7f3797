import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { local } from "../src/execute.ts";
import { type CloudHosts, cloudUnavailable, leftovers, openCloudHosts, sweep } from "../src/index.ts";
import { bundle } from "./child.ts";
import { type CloudWorld, makeCloudWorld } from "./cloud-world.ts";

const reason = cloudUnavailable();

describeUnless(reason, "hosts as a provider gives them", () => {
  let cloud: CloudHosts;
  let world: CloudWorld;
  beforeAll(async () => {
    [cloud, world] = await Promise.all([openCloudHosts(), makeCloudWorld()]);
  });
  afterAll(async () => {
    await world?.end();
    await cloud?.dispose();
  });

  test("let the provider's keys in as root and as the image's own user, and take its meta-data", async () => {
    const { publicKey } = world.identity;
    const metaData = { "local-hostname": "by-meta-data", "instance-id": "i-0123" };
    const host = await cloud.start({ name: "web", userData: "", publicKeys: [publicKey], metaData });
    const asked = ["root", "debian"].map((user) =>
      local([
        ...["ssh", "-i", world.identity.path, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no"],
        ...["-o", "UserKnownHostsFile=/dev/null", "-o", "ConnectionAttempts=30", "-o", "ConnectTimeout=10"],
        ...[`${user}@${host.address}`, "sudo cat /run/cloud-init/.instance-id; hostname; id -un"],
      ]),
    );
    expect((await Promise.all(asked)).map(({ stdout }) => stdout.trim().split("\n"))).toEqual([
      ["i-0123", "by-meta-data", "root"],
      ["i-0123", "by-meta-data", "debian"],
    ]);
    await host.remove();
    await host.remove();
    expect((await leftovers(cloud.prefix)).filter((line) => line.startsWith("process"))).toEqual([]);
  });

  test("leave nothing behind, even those that were just being made", async () => {
    const late = cloud.start({ name: "late", userData: "", publicKeys: [] });
    await cloud.dispose();
    await late;
    await cloud.dispose();
    expect(await leftovers(cloud.prefix)).toEqual([]);
    await expect(cloud.start({ name: "more", userData: "", publicKeys: [] })).rejects.toThrow(/disposed/);
  });
});

describeUnless(reason, "an interrupted run of cloud hosts", () => {
  test.each(["SIGTERM", "SIGKILL"] as const)("ended by %s is cleared away by the next", async (signal) => {
    const { script, remove } = await bundle("cloud-start-and-wait");
    const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      const [said] = (await once(child.stdout, "data")) as [Buffer];
      const prefix = said.toString().trim();
      child.kill(signal);
      await once(child, "exit");
      const left = await leftovers(prefix);
      expect(left.some((line) => line.startsWith("process"))).toBe(signal === "SIGKILL");
      // Several test processes begin at once, and each clears up first.
      await Promise.all([sweep(), sweep(), sweep()]);
      expect(await leftovers(prefix)).toEqual([]);
    } finally {
      child.kill("SIGKILL");
      await remove();
    }
  });
});
