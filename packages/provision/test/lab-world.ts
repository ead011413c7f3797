import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineSpec } from "@machinist/core";
import { type LabHost, type LabHosts, startHosts } from "@machinist/lab";
import { createHosts, type HostPool } from "@machinist/ssh";
import { createCertificates, type EngineState, engineResourceTypes } from "../src/index.ts";
import { engineCall } from "./engine-call.ts";
import { ask, verify } from "./lab-engine.ts";

/** The smallest tree in which `sleep` runs. */
const IMPORT = "tar -chf - -C / $(ldd /usr/bin/sleep | grep -o '/[^ ]*' | sed 's#^/##') usr/bin/sleep";

/** Real hosts, a store's certificates for them, and the kind under test. */
export class World {
  readonly lab: LabHosts;
  readonly folder: string;
  readonly pool: HostPool;
  /** Logins other than root's. */
  readonly users = new Map<string, string>();

  private constructor(lab: LabHosts, folder: string) {
    this.lab = lab;
    this.folder = folder;
    this.pool = createHosts({
      target: async (machine) => ({
        endpoint: { ...this.host(machine).endpoint, user: this.users.get(machine) ?? "root" },
        identity: lab.identity,
        knownHosts: join(folder, `${machine}.known_hosts`),
      }),
      log: () => {},
    });
  }

  static async start(count: number, image: "bare" | "docker"): Promise<World> {
    const lab = await startHosts({ count, image });
    return new World(lab, await mkdtemp(join(tmpdir(), "machinist-provision-")));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.closeAll();
    await this.lab.dispose();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** `m1` is the first host. */
  host(machine: string): LabHost {
    return this.lab.hosts[Number(machine.slice(1)) - 1]!;
  }

  machineDir = (machine: string): string => join(this.folder, "machines", machine);

  get kind() {
    const certificates = createCertificates({ folder: join(this.folder, "certs") });
    return engineResourceTypes({ hosts: this.pool, certificates, machineDir: this.machineDir, verify })[
      "docker.engine"
    ];
  }

  async create(machine: string, spec: EngineSpec = {}) {
    const call = engineCall(machine, spec);
    return { state: await this.kind.create(call), call };
  }

  async update(machine: string, spec: EngineSpec, state: EngineState, changed: string[] = []) {
    const call = engineCall(machine, spec);
    return { state: await this.kind.update!({ ...call, state, changed }), call };
  }

  read(machine: string, spec: EngineSpec, state?: EngineState) {
    return this.kind.read({ ...engineCall(machine, spec), state });
  }

  /** Output of a shell line as root; throws where it fails. */
  async sh(machine: string, line: string): Promise<string> {
    const { code, stdout, stderr } = await this.host(machine).exec("sh", "-c", line);
    if (code !== 0) throw new Error(`${line}: ${stderr || stdout}`);
    return stdout.trim();
  }

  /** Have an image `tiny` on a host, and a container of it that runs; gives what must not change while it lives. */
  async container(machine: string, name: string, ...flags: string[]): Promise<string> {
    await this.sh(machine, `docker image inspect tiny > /dev/null 2>&1 || { ${IMPORT} | docker import - tiny; }`);
    await this.sh(machine, `docker run -d --name ${name} ${flags.join(" ")} tiny sleep 1000000`);
    return this.life(machine, name);
  }

  life = (machine: string, name: string): Promise<string> =>
    this.sh(machine, `docker inspect -f '{{.Id}} {{.State.StartedAt}} {{.State.Status}}' ${name}`);

  pid = (machine: string): Promise<string> => this.sh(machine, "systemctl show docker -p MainPID --value");

  async info(machine: string, url: string): Promise<Record<string, unknown>> {
    const folder = this.machineDir(machine);
    return (await ask(url, "/info", folder, await readFile(join(folder, "ca.pem"), "utf8"))).body;
  }
}
