import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FleetSpec, MachineSpec } from "@machinist/core";
import { type LabHost, startHosts } from "@machinist/lab";
import { createHosts, type HostPool } from "@machinist/ssh";
import { fetchBusybox } from "./busybox.ts";

const machine = (name: string, role: "manager" | "worker"): MachineSpec => ({
  ...{ name, group: name, driver: "x", options: {}, engine: {} },
  swarm: { role },
});

/** A Swarm of real hosts, `h1` its manager, each with the image `busybox`. */
export interface SwarmLab {
  readonly fleet: FleetSpec;
  readonly pool: HostPool;
  /** An empty one of this test's own. */
  readonly folder: string;
  /** Run a shell's command on a host. Throws what it says where it fails. */
  sh(name: string, command: string): Promise<string>;
  dispose(): Promise<void>;
}

export async function startSwarm(count: number, release: "trixie" | "bookworm" = "trixie"): Promise<SwarmLab> {
  const folder = await mkdtemp(join(tmpdir(), "machinist-swarm-stack-"));
  const lab = await startHosts({ count, image: "docker", release });
  const names = lab.hosts.map((_, index) => `h${index + 1}`);
  const host = (name: string): LabHost => lab.hosts[names.indexOf(name)]!;
  const pool = createHosts({
    target: async (name) => {
      if (!names.includes(name)) throw new Error(`there is no ${name}`);
      return { endpoint: host(name).endpoint, identity: lab.identity, knownHosts: join(folder, `known-${name}`) };
    },
    log: () => {},
  });
  const sh = async (name: string, command: string): Promise<string> => {
    const done = await host(name).exec("sh", "-c", command);
    if (done.code !== 0) throw new Error(`${command}: ${done.stderr}`);
    return done.stdout.trim();
  };
  const dispose = async () => {
    await pool.closeAll();
    await lab.dispose();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await loadBusybox(pool, names, folder);
    await sh("h1", `docker swarm init --advertise-addr ${host("h1").address}`);
    const token = await sh("h1", "docker swarm join-token -q worker");
    const join = `docker swarm join --token ${token} ${host("h1").address}:2377`;
    await Promise.all(names.slice(1).map((name) => sh(name, join)));
  } catch (error) {
    await dispose();
    throw error;
  }
  const machines = names.map((name, index) => machine(name, index === 0 ? "manager" : "worker"));
  return { fleet: { name: "demo", machines, compose: [], stacks: [], contexts: false }, pool, folder, sh, dispose };
}

async function loadBusybox(pool: HostPool, names: readonly string[], folder: string): Promise<void> {
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
