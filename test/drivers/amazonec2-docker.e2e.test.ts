import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import amazonec2 from "@machinist/driver-amazonec2";
import { openMachinist } from "@machinist/fleet";
import { type CloudHosts, cloudUnavailable, Ec2Server, ec2Unavailable, openCloudHosts } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../skipped.ts";

const reason = ec2Unavailable() ?? cloudUnavailable();
const env = { ...process.env, AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "example" };

describeUnless(reason, "whole machines", () => {
  let hosts: CloudHosts;
  let server: Ec2Server;
  let storagePath: string;
  beforeAll(async () => {
    storagePath = mkdtempSync(join(tmpdir(), "machinist-ec2-docker-"));
    hosts = await openCloudHosts();
    server = await Ec2Server.start({ hosts });
  });
  afterAll(async () => {
    await server?.close();
    await hosts?.dispose();
    rmSync(storagePath, { recursive: true, force: true });
  });

  test("two are created at once, answer `docker info` over TLS, are stopped, started and removed, and leave nothing", async () => {
    const machinist = await openMachinist({ storagePath, drivers: [amazonec2], env });
    try {
      const options = {
        endpoint: server.url,
        ami: "debian-13",
        "ssh-user": "debian",
        "ingress-cidr": ["192.0.2.7/32"],
      };
      const requests = ["one", "two"].map((name) => ({ name, driver: "amazonec2", options }));
      const created = await machinist.create(requests).result;
      expect(created.failures).toEqual([]);
      const runs = server.countCalls().of.RunInstances;
      expect(runs).toBe(1);
      for (const name of ["one", "two"]) {
        const docker = await machinist.engine(name);
        const info = await docker.request<{ Name: string; OperatingSystem: string }>("GET", "/info");
        console.log(`${name}: docker info at ${docker.url}: ${info.Name}, ${info.OperatingSystem}`);
        expect(info).toMatchObject({ Name: name, OperatingSystem: expect.stringContaining("Debian") });
        docker.close();
      }
      expect((await machinist.power("stop", ["one"]).result).failures).toEqual([]);
      expect(await machinist.status("one")).toBe("stopped");
      expect((await machinist.power("start", ["one"]).result).failures).toEqual([]);
      expect((await machinist.engine("one")).url).toMatch(/^tcp:/);
      expect((await machinist.remove(["one", "two"]).result).failures).toEqual([]);
      expect(await server.inventory()).toEqual([]);
      expect(server.faults).toEqual([]);
    } finally {
      await machinist[Symbol.asyncDispose]();
    }
  });
});
