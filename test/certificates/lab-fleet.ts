import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import type { DriverModule, FleetSpec } from "@machinist/core";
import generic from "@machinist/driver-generic";
import { type Machinist, openMachinist } from "@machinist/fleet";
import { type LabHosts, startHosts } from "@machinist/lab";

/** An image out of what the host has, and a container that counts aloud; beside it a process of the host's that counts, too. */
const COUNTER = `set -e
for program in dash sleep; do readlink -f "$(command -v $program)"; ldd "$(command -v $program)" | grep -o '/[^ ]*'; done |
  sort -u | tar -chP -T - 2> /dev/null | docker import - tiny:latest > /dev/null
count='n=0; while :; do n=$((n+1)); echo $n; /usr/bin/sleep 0.1; done'
docker run -d --name counter tiny /usr/bin/dash -c "$count" > /dev/null
setsid /usr/bin/dash -c "$count" < /dev/null > /run/counter 2>&1 &`;

/** An engine that takes a call answers it, however busy the computer is. */
const ANSWER_MS = 60_000;

/** What a container counted. */
export interface Count {
  readonly startedAt: string;
  readonly last: number;
  /** Numbers that are not in its log. */
  readonly lost: number;
  /** How far it came beside the process outside Docker; that the computer is busy slows both. */
  readonly pace: number;
}

/** Real hosts with Docker as machines m1, m2, … of fleet `certs`, in a store of their own. */
export class LabFleet implements AsyncDisposable {
  readonly lab: LabHosts;
  readonly folder: string;
  readonly machinist: Machinist;
  /** Addresses that hosts have moved to, by machine. */
  readonly moved: Map<string, string>;

  private constructor(lab: LabHosts, folder: string, machinist: Machinist, moved: Map<string, string>) {
    this.lab = lab;
    this.folder = folder;
    this.machinist = machinist;
    this.moved = moved;
  }

  /** How often a machine's Docker was started since it booted. */
  starts = async (machine: string): Promise<number> =>
    Number(await this.sh(machine, "journalctl -b -u docker.service -o cat | grep -c '^Started docker.service'"));

  static async start(count: number): Promise<LabFleet> {
    const lab = await startHosts({ count, image: "docker" });
    const folder = await mkdtemp(join(tmpdir(), "machinist-certificates-"));
    const moved = new Map<string, string>();
    const env = { ...process.env, HOME: folder, DOCKER_CONFIG: join(folder, "docker") };
    const machinist = await openMachinist({ storagePath: join(folder, "store"), drivers: [moving(moved)], env });
    return new LabFleet(lab, folder, machinist, moved);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.machinist[Symbol.asyncDispose]();
    await this.lab.dispose();
    await rm(this.folder, { recursive: true, force: true });
  }

  get spec(): FleetSpec {
    const machines = this.lab.hosts.map(({ address, hostKey, identity }, index) => ({
      name: `m${index + 1}`,
      group: "m",
      driver: "generic",
      options: { "ip-address": address, "host-key": fingerprintOf(hostKey), "ssh-key": identity },
      engine: { hostname: false },
    }));
    return { name: "certs", machines, compose: [], stacks: [], contexts: true };
  }

  host = (machine: string) => this.lab.hosts[Number(machine.slice(1)) - 1]!;
  machineDir = (machine: string): string => join(this.folder, "store", "machines", machine);
  certs = (...path: string[]): string => join(this.folder, "store", "certs", ...path);

  async sh(machine: string, line: string): Promise<string> {
    const { code, stdout, stderr } = await this.host(machine).exec("sh", "-c", line);
    if (code !== 0) throw new Error(`${line}: ${stderr || stdout}`);
    return stdout.trim();
  }

  startCounter = (machine: string): Promise<string> => this.sh(machine, COUNTER);

  async counter(machine: string): Promise<Count> {
    const numbers = (await this.sh(machine, "docker logs counter")).split("\n").map(Number);
    const beside = Number(await this.sh(machine, "tail -n 1 /run/counter"));
    const startedAt = await this.sh(machine, "docker inspect -f '{{.State.StartedAt}}' counter");
    const last = numbers.at(-1) ?? 0;
    return { startedAt, last, lost: last - new Set(numbers).size, pace: last / beside };
  }

  /** Keep a folder's client files as they are now. */
  async copyOf(source: string, name: string): Promise<string> {
    const copy = join(this.folder, name);
    for (const file of ["ca.pem", "cert.pem", "key.pem"]) await cp(join(source, file), join(copy, file));
    return copy;
  }

  /** `docker info` with the files of a folder: the server's version, or why there was no answer. `ca`: another ca.pem. */
  async dockerInfo(machine: string, folder: string, ca = join(folder, "ca.pem")): Promise<string> {
    const { url = "" } = await this.machinist.info(machine);
    const { hostname: host, port } = new URL(url.replace("tcp:", "http:"));
    const [trusted, cert, key] = await Promise.all(
      [ca, join(folder, "cert.pem"), join(folder, "key.pem")].map((path) => readFile(path, "utf8")),
    );
    return new Promise((resolve) => {
      const socket = connect({ host, port: Number(port), ca: trusted!, cert: cert!, key: key!, timeout: ANSWER_MS });
      let text = "";
      const end = (answer: string) => {
        socket.destroy();
        resolve(answer);
      };
      socket.setEncoding("utf8");
      socket.on("secureConnect", () => socket.write("GET /info HTTP/1.0\r\nHost: docker\r\n\r\n"));
      socket.on("data", (piece: string) => {
        text += piece;
      });
      socket.on("end", () => end(/"ServerVersion":"([^"]+)"/.exec(text)?.[1] ?? `closed: ${text.slice(0, 80)}`));
      socket.on("timeout", () => end(`no answer in ${ANSWER_MS / 1000} s`));
      socket.on("error", (error: NodeJS.ErrnoException) => end(`${error.code}: ${error.message}`));
    });
  }
}

/** Of an OpenSSH public key line. */
const fingerprintOf = (line: string): string => {
  const digest = createHash("sha256")
    .update(Buffer.from(line.split(" ")[1] ?? "", "base64"))
    .digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
};

/** The generic driver, told of hosts that have another address now, as a provider would. */
function moving(moved: ReadonlyMap<string, string>): DriverModule {
  return {
    ...generic,
    create: (context) => {
      const driver = generic.create(context);
      const [name, kind] = Object.entries(driver.resourceTypes)[0]!;
      const read: typeof kind.read = async (call) => {
        const state = await kind.read(call);
        const host = moved.get(call.id.split("/")[0]!);
        return state && host ? { ...state, host } : state;
      };
      return { ...driver, resourceTypes: { [name]: { ...kind, read } } };
    },
  };
}
