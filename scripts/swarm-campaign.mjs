/**
 * `pnpm swarm-campaign`: a Swarm of real hosts grows from 3 to 7 machines (managers from 1 to 3) and shrinks again, and
 * Docker is changed on all of it, while a service runs that is looked at all the time. Each step is killed (SIGKILL) at
 * many moments and typed again. The service never has fewer than its replicas minus one, nor the Swarm no majority.
 * As root, after `pnpm build`. Flags: --kills=10 (per step), --image=docker (with Docker baked in) or bare.
 */
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { freemem } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withProgram } from "./real/program.mjs";
import { SwarmWatch } from "./real/swarm-watch.mjs";
import { describeTraces, isEmpty, tracesOf } from "./real/traces.mjs";
import { fileOfDebianPackage } from "./setup/apt.mjs";
import { isRoot, Refusal, say, script } from "./setup/clone.mjs";

const fleet = `scale-${process.pid}`;
const manager = `${fleet}-m`;
const worker = `${fleet}-w`;
const service = "probe";

/** @typedef {import("./real/program.mjs").Program} Program */
/** @typedef {{ managers: number, workers: number, round?: string }} Shape */

/** Every machine builds the image before it joins: no registry is needed. */
const composeText = `name: probe
services:
  probe: { build: ., image: "machinist-probe:1", command: ["sleep", "1000000"], restart: unless-stopped, stop_grace_period: 1s }
`;
const dockerfileText = `FROM scratch
COPY busybox /bin/busybox
ENTRYPOINT ["/bin/busybox"]
`;

/** @param {Shape} shape @param {string} image */
const manifestText = ({ managers, workers, round = "1" }, image) => `name: ${fleet}
driver: nspawn
contexts: false
options: { image: ${image} }
engine: { env: { ROUND: "${round}" } }
machines:
  ${manager}: { count: ${managers}, swarm: manager }
  ${worker}: { count: ${workers}, swarm: worker }
compose:
  - { file: probe/compose.yaml, on: all }
`;

class Campaign {
  /** @type {string[]} */
  faults = [];
  killed = 0;

  /** @param {Program} program @param {string} image @param {number} kills */
  constructor(program, image, kills) {
    this.program = program;
    this.image = image;
    this.kills = kills;
    this.manifest = join(program.folder, "machines.yaml");
    mkdirSync(program.store, { mode: 0o700 });
    const names = [1, 2, 3].map((number) => `${manager}-${number}`);
    this.watch = new SwarmWatch(program.store, names, service);
  }

  async prepare() {
    // Hosts' images are kept from run to run, where the lab keeps its own.
    const cache = process.env.MACHINIST_LAB_CACHE ?? "/var/cache/machinist";
    mkdirSync(cache, { recursive: true });
    symlinkSync(cache, join(this.program.store, "cache"));
    const folder = join(this.program.folder, "probe");
    mkdirSync(folder);
    const busybox = await fileOfDebianPackage("busybox-static", "bin/busybox");
    copyFileSync(busybox, join(folder, "busybox"));
    chmodSync(join(folder, "busybox"), 0o755);
    writeFileSync(join(folder, "compose.yaml"), composeText);
    writeFileSync(join(folder, "Dockerfile"), dockerfileText);
  }

  /** @param {Shape} shape */
  declare(shape) {
    writeFileSync(this.manifest, manifestText(shape, this.image));
  }

  up() {
    return this.program.run("up", "-f", this.manifest, "--yes");
  }

  /** @param {readonly string[]} args */
  docker(...args) {
    return this.program.must("ssh", `${manager}-1`, "docker", ...args);
  }

  /** Start the service that is watched. @param {string} replicas @param {readonly string[]} more */
  serve(replicas, ...more) {
    return this.docker(
      ...[
        "service",
        "create",
        "--detach",
        "--name",
        service,
        "--replicas",
        replicas,
        "--endpoint-mode",
        "dnsrr",
        ...more,
      ],
      ...["--stop-grace-period", "1s", "--no-resolve-image", "machinist-probe:1", "sleep", "1000000"],
    );
  }

  /** Go to a shape, killed on the way as often as asked, then to the end. @param {string} what @param {Shape} shape @param {number} replicas */
  async step(what, shape, replicas) {
    this.declare(shape);
    this.watch.begin();
    const began = performance.now();
    const moments = [];
    for (let kill = 0; kill < this.kills; kill++) {
      // Later and later: every run first finds out where the one before it stopped.
      const moment = Math.round(400 + (kill * 5600) / Math.max(1, this.kills - 1));
      if (await this.#killedUp(moment)) moments.push(moment);
    }
    this.killed += moments.length;
    const last = await this.up();
    const ms = Math.round(performance.now() - began);
    const faults =
      last.code === 0 ? [] : [`up ended with ${last.code}: ${last.stdout.slice(-300)}${last.stderr.slice(-900)}`];
    this.watch.pause();
    const { fewest, mostAway, blindMs, looks } = this.watch;
    if (fewest < replicas - 1) faults.push(`only ${fewest} of ${replicas} tasks ran (${this.watch.worst})`);
    if (mostAway > 1) faults.push(`${mostAway} nodes were out of service at once`);
    faults.push(...(await this.#expect(shape)));
    this.note(
      `${what}: killed at ${moments.join(", ") || "no moment"} ms, ${ms} ms in all; of ${replicas} tasks at least ${fewest} ran, at most ${mostAway} node away, ${Math.round(blindMs)} ms without an answer (${looks} looks)`,
      faults,
    );
  }

  /** @param {number} ms */
  async #killedUp(ms) {
    const { child, ended } = this.program.start("up", "-f", this.manifest, "--yes");
    await Promise.race([sleep(ms), ended]);
    child.kill("SIGKILL");
    return (await ended).code === null;
  }

  /** Exactly these nodes, all ready and active, and the managers that were asked for. @param {Shape} shape */
  async #expect({ managers, workers }) {
    const look = await this.watch.once();
    const nodes = await this.docker("node", "ls", "--format", "{{.Status}}/{{.Availability}}");
    const lines = nodes.stdout.trim().split("\n");
    const faults = [];
    if (lines.length !== managers + workers || lines.some((line) => line !== "Ready/Active"))
      faults.push(`nodes: ${lines.join(" ")}`);
    if (look?.managers !== managers) faults.push(`${look?.managers} managers`);
    return faults;
  }

  /** Wait until all of a service's tasks run. @param {number} replicas */
  async settle(replicas) {
    for (const end = Date.now() + 90_000; Date.now() < end; await sleep(200))
      if ((await this.watch.once())?.running === replicas) return;
    throw new Refusal(`${replicas} tasks did not come up`);
  }

  /** @param {string} what @param {readonly string[]} faults */
  note(what, faults) {
    for (const fault of faults) this.faults.push(`${what}: ${fault}`);
    say(`${what}: ${faults.length === 0 ? "ok" : faults.join(" | ")}`);
  }

  /** With the one manager that is to stay away, taking the two others would cost the majority. @param {Shape} full */
  async refusal(full) {
    await this.program.must("stop", `${manager}-1`);
    this.declare({ ...full, managers: 1 });
    const { code, stdout, stderr } = await this.up();
    const faults = [];
    if (code === 0 || !stderr.includes("swarm.quorum"))
      faults.push(`ended with ${code}: ${(stdout + stderr).slice(-900)}`);
    const { records } = tracesOf(this.program.store, new Set());
    const machines = records.filter((record) => record.startsWith("machines/") && !record.includes("/."));
    if (machines.length !== full.managers + full.workers) faults.push(`${machines.length} machines are left`);
    const look = await this.watch.once();
    if (look?.managers !== full.managers) faults.push(`${look?.managers} managers are left`);
    await this.program.must("start", `${manager}-1`);
    this.declare(full);
    const again = await this.up();
    if (again.code !== 0) faults.push(`up afterwards ended with ${again.code}: ${again.stderr.slice(-600)}`);
    this.note("3 managers to the 1 that is away: refused before anything is done", faults);
  }
}

/** @param {readonly string[]} args @param {string} name @param {string} otherwise */
const flag = (args, name, otherwise) =>
  args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;

/** @param {Campaign} campaign */
async function scale(campaign) {
  const small = { managers: 1, workers: 2 };
  const full = { managers: 3, workers: 4 };
  const free = freemem();
  campaign.declare(small);
  const first = await campaign.up();
  if (first.code !== 0) throw new Refusal(`up ended with ${first.code}: ${first.stdout}${first.stderr}`);
  await campaign.serve("3");
  await campaign.settle(3);
  await campaign.step("3 -> 7 machines, 1 -> 3 managers", full, 3);
  say(`memory of 7 hosts: ${Math.round((free - freemem()) / 2 ** 20)} MiB`);
  await campaign.docker("service", "scale", "--detach", `${service}=6`);
  await campaign.settle(6);
  await campaign.refusal(full);
  await campaign.settle(6);
  await respread(campaign);
  await campaign.step("7 -> 3 machines, 3 -> 1 managers", small, 6);
  // A drained node's tasks move all at once: what has to keep all but one runs on different nodes.
  await campaign.docker("service", "rm", service);
  await campaign.serve("2", "--replicas-max-per-node", "1");
  await campaign.settle(2);
  await campaign.step("Docker is changed on all 3", { ...small, round: "2" }, 2);
}

/** One task per node again, after a node was away. @param {Campaign} campaign */
async function respread(campaign) {
  await campaign.docker("service", "scale", "--detach", `${service}=0`);
  await campaign.settle(0);
  await campaign.docker("service", "scale", "--detach", `${service}=6`);
  await campaign.settle(6);
}

async function main() {
  if (!isRoot) throw new Refusal("The Swarm campaign boots real hosts: it needs root.");
  const args = process.argv.slice(2);
  return withProgram(async (program) => {
    const campaign = new Campaign(program, flag(args, "image", "docker"), Number(flag(args, "kills", "10")));
    try {
      await campaign.prepare();
      await scale(campaign);
      await program.must("down", "-f", campaign.manifest, "--yes");
      const left = tracesOf(program.store, new Set());
      campaign.note("down", isEmpty(left) ? [] : [`left: ${describeTraces(left)}`]);
    } finally {
      await campaign.watch.stop();
    }
    say(`\n${campaign.killed} runs were killed, ${campaign.faults.length} faults`);
    return campaign.faults.length === 0 ? 0 : 1;
  });
}

await script(main);
