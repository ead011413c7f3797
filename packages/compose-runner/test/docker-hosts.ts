import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LabHost, startHosts } from "@machinist/lab";
import { createHosts, type HostPool } from "@machinist/ssh";

/** Real hosts with Docker, `h1`, `h2`, …, and connections to them. */
export interface DockerHosts {
  readonly names: readonly string[];
  readonly pool: HostPool;
  /** An empty one of this test's own. */
  readonly folder: string;
  address(name: string): string;
  /** What a shell's command writes on a host. Throws what it says where it fails. */
  output(name: string, command: string): Promise<string>;
  /** The same, without blanks around it. */
  sh(name: string, command: string): Promise<string>;
  dispose(): Promise<void>;
}

export async function startDockerHosts(count: number, release: "trixie" | "bookworm" = "trixie"): Promise<DockerHosts> {
  const folder = await mkdtemp(join(tmpdir(), "machinist-docker-hosts-"));
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
  const output = async (name: string, command: string): Promise<string> => {
    const done = await host(name).exec("sh", "-c", command);
    if (done.code !== 0) throw new Error(`${command}: ${done.stderr}`);
    return done.stdout;
  };
  return {
    ...{ names, pool, folder, address: (name) => host(name).address },
    output,
    sh: async (name, command) => (await output(name, command)).trim(),
    async dispose() {
      await pool.closeAll();
      await lab.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
