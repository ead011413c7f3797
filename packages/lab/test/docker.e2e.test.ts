import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { type LabHost, type LabHosts, startHosts, unavailable } from "../src/index.ts";

const reason = unavailable();

const sh = async (host: LabHost, script: string, ...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await host.exec("sh", "-c", script, "sh", ...args);
  expect(code, `${script}: ${stderr}`).toBe(0);
  return stdout.trim();
};

const BUSYBOX = `set -e
apt-get update -qq && apt-get install -y -qq --no-install-recommends busybox-static >/dev/null
mkdir -p /root/rootfs/bin && cp /bin/busybox /root/rootfs/bin/ && for each in sh echo nc sleep cat; do ln -sf busybox /root/rootfs/bin/$each; done
tar -C /root/rootfs -c . | docker import - busybox:latest`;

describeUnless(reason, "hosts with Docker", () => {
  let lab: LabHosts;
  beforeAll(async () => {
    await (await startHosts({ count: 1, image: "docker" })).dispose();
    const start = performance.now();
    lab = await startHosts({ count: 3, image: "docker" });
    const ssh = performance.now() - start;
    await Promise.all(lab.hosts.map((host) => sh(host, "docker info")));
    console.log(
      `three hosts: SSH after ${Math.round(ssh)} ms, docker info after ${Math.round(performance.now() - start)} ms`,
    );
  });
  afterAll(() => lab?.dispose());

  test("Docker keeps its data off the overlay", async () => {
    expect(await sh(lab.hosts[0]!, "docker info -f '{{.Driver}}'")).toBe("overlay2");
    expect(await sh(lab.hosts[0]!, "docker compose version --short")).toMatch(/^2\./);
  });

  test("containers run, with limits, and survive a restart of the host", async () => {
    const host = lab.hosts[0]!;
    await sh(host, BUSYBOX);
    expect(await sh(host, "docker run --rm --memory 64m --cpus 0.5 busybox echo works")).toBe("works");
    await sh(host, "docker run -d --name kept --restart always busybox sleep 1000");
    await host.stop();
    await host.start();
    const running = "until docker ps -q --filter name=kept | grep -q .; do sleep 0.1; done; echo running";
    expect(await sh(host, `timeout 120 sh -c '${running}'`)).toBe("running");
  });

  test("three make a swarm", async () => {
    const [manager, ...workers] = lab.hosts as [LabHost, LabHost, LabHost];
    await sh(manager, 'docker swarm init --advertise-addr "$1"', manager.address);
    const token = await sh(manager, "docker swarm join-token -q worker");
    await Promise.all(
      workers.map((host) => sh(host, 'docker swarm join --token "$1" "$2:2377"', token, manager.address)),
    );
    expect((await sh(manager, "docker node ls -q")).split("\n")).toHaveLength(3);
  });
});
