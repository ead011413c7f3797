import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineSpec, FleetSpec, SwarmSpec } from "@machinist/core";
import { type LabHost, type LabHosts, startHosts } from "@machinist/lab";
import { type Machinist, openMachinist, type PlannedChange } from "../../src/index.ts";

/** A container that does nothing for as long as it is let. Its image is the host's own `sleep` and what that needs. */
const RUN_SLEEPER = `
set -e
docker image inspect sleeper > /dev/null 2>&1 ||
  tar -chf - -C / $(ldd /usr/bin/sleep | grep -o '/[^ ]*' | sed 's#^/##') usr/bin/sleep | docker import - sleeper > /dev/null
docker run -d --name sleeper --network none sleeper /usr/bin/sleep 100000 > /dev/null
`;

/** Real hosts with Docker that are the user's own, and a store that looks after Docker on them. */
export class EngineHosts {
  readonly machinist: Machinist;
  readonly storePath: string;
  readonly #lab: LabHosts;
  readonly #folder: string;

  private constructor(lab: LabHosts, folder: string, machinist: Machinist) {
    this.#lab = lab;
    this.#folder = folder;
    this.machinist = machinist;
    this.storePath = machinist.storagePath;
  }

  static async start(count: number): Promise<EngineHosts> {
    const lab = await startHosts({ count, image: "docker" });
    const folder = await mkdtemp(join(tmpdir(), "machinist-plan-"));
    const env = { ...process.env, HOME: folder, DOCKER_CONFIG: join(folder, ".docker") };
    const machinist = await openMachinist({ storagePath: join(folder, "store"), env });
    return new EngineHosts(lab, folder, machinist);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.machinist[Symbol.asyncDispose]();
    await this.#lab.dispose();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get names(): string[] {
    return this.#lab.hosts.map((_, index) => `m${index + 1}`);
  }

  host(machine: string): LabHost {
    return this.#lab.hosts[Number(machine.slice(1)) - 1]!;
  }

  fleet(engine: EngineSpec, swarm?: SwarmSpec["role"]): FleetSpec {
    const machines = this.names.map((name) => ({
      name,
      group: "m",
      driver: "generic",
      options: {
        "ip-address": this.host(name).address,
        "ssh-key": this.#lab.identity,
        "trust-on-first-use": true,
      },
      engine: { hostname: false, ...engine },
      ...(swarm ? { swarm: { role: swarm } } : {}),
    }));
    return { name: "plan-e2e", machines, compose: [], stacks: [], contexts: false };
  }

  /** What would be done to each machine's Docker. */
  async engines(spec: FleetSpec): Promise<PlannedChange[]> {
    const { changes } = await this.machinist.plan(spec);
    return changes.filter(({ kind }) => kind === "docker.engine");
  }

  /** Output of a shell line as root; throws where it fails. */
  async sh(machine: string, line: string): Promise<string> {
    const { code, stdout, stderr } = await this.host(machine).exec("sh", "-c", line);
    if (code !== 0) throw new Error(`${line}: ${stderr || stdout}`);
    return stdout.trim();
  }

  runSleeper(machine: string): Promise<string> {
    return this.sh(machine, RUN_SLEEPER);
  }

  /** Id, start time, state and main process of the containers of each machine, and Docker's own process. */
  async alive(): Promise<{ containers: string[]; dockers: string[] }> {
    const format = "{{.Id}} {{.State.StartedAt}} {{.State.Status}} {{.State.Pid}}";
    const inspect = `docker inspect -f '${format}' $(docker ps -aq)`;
    return {
      containers: await Promise.all(this.names.map((name) => this.sh(name, inspect))),
      dockers: await Promise.all(this.names.map((name) => this.sh(name, "systemctl show docker -p MainPID --value"))),
    };
  }

  /** Every file below /etc/docker and what systemd has of ours, with content, mode and time; containers; the journal's length. */
  async everything(machine: string): Promise<string> {
    return this.sh(
      machine,
      `find /etc/docker /etc/systemd/system /etc/hosts /etc/hostname /root/.ssh -type f -exec stat -c '%n %a %s %y' {} + | sort
       find /etc/docker -type f -exec sha256sum {} + | sort
       docker ps -a --no-trunc --format '{{.ID}} {{.Status}}' | cut -c1-68
       journalctl -u docker -o cat --no-pager | wc -l`,
    );
  }

  /** daemon.json as it is on a host. */
  async daemon(machine: string): Promise<{ [key: string]: unknown }> {
    return JSON.parse(await this.sh(machine, "cat /etc/docker/daemon.json"));
  }
}
