import type { FleetSpec, MachineSpec } from "@machinist/core";
import { fetchBusybox } from "./busybox.ts";
import { type DockerHosts, startDockerHosts } from "./docker-hosts.ts";

const machine = (name: string, role: "manager" | "worker"): MachineSpec => ({
  ...{ name, group: name, driver: "x", options: {}, engine: {} },
  swarm: { role },
});

/** A Swarm of real hosts, `h1` its manager, each with the image `busybox`. */
export interface SwarmLab extends DockerHosts {
  readonly fleet: FleetSpec;
}

export async function startSwarm(count: number, release: "trixie" | "bookworm" = "trixie"): Promise<SwarmLab> {
  const lab = await startDockerHosts(count, release);
  const { names, sh } = lab;
  try {
    await loadBusybox(lab);
    await sh("h1", `docker swarm init --advertise-addr ${lab.address("h1")}`);
    const token = await sh("h1", "docker swarm join-token -q worker");
    const join = `docker swarm join --token ${token} ${lab.address("h1")}:2377`;
    await Promise.all(names.slice(1).map((name) => sh(name, join)));
  } catch (error) {
    await lab.dispose();
    throw error;
  }
  const machines = names.map((name, index) => machine(name, index === 0 ? "manager" : "worker"));
  return { ...lab, fleet: { name: "demo", machines, compose: [], stacks: [], contexts: false } };
}

async function loadBusybox({ pool, names, folder }: DockerHosts): Promise<void> {
  const busybox = await fetchBusybox(folder);
  const make = [
    "cd /root/image && mkdir -p tmp etc && chmod 755 bin/busybox && chroot . /bin/busybox --install -s /bin",
    "tar -c . | docker import - busybox:latest",
  ].join(" && ");
  await Promise.all(
    names.map(async (name) => {
      const connection = await pool.connect(name);
      await connection.upload(new Map([["busybox", busybox]]), "/root/image/bin");
      const made = await connection.run(["sh", "-c", make]);
      await connection.close();
      if (made.code !== 0) throw new Error(`The image cannot be made: ${made.stderr}`);
    }),
  );
}
