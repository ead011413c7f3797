/**
 * `pnpm certificates-campaign`: what restarts Docker on all nodes of a Swarm that locks itself, on real hosts. Access is given,
 * taken, and the CA changed, on Swarms of 2 and of 3 managers, each killed (SIGKILL) at several moments and typed again: no
 * node is left locked and the service runs. Then another CA on five nodes: two restarts each, and never more than one task of
 * three missing. As root, after `pnpm build`. Flags: --kills=2 (of each of the six), --image=docker, --only=kills or five.
 */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withProgram } from "./real/program.mjs";
import { SwarmWatch } from "./real/swarm-watch.mjs";
import { describeTraces, isEmpty, tracesOf } from "./real/traces.mjs";
import { isRoot, Refusal, say, script } from "./setup/clone.mjs";

const service = "probe";
const settleMs = 180_000;

/** The smallest tree in which `sleep` runs, as an image: no registry is needed. */
const importImage =
  "tar -chf - -C / $(ldd /usr/bin/sleep | grep -o '/[^ ]*' | sed 's#^/##') usr/bin/sleep | docker import - machinist-probe:1";

/** @typedef {import("./real/program.mjs").Program} Program */
/** @typedef {{ managers: number, workers: number }} Shape */

/** A fleet whose Swarm locks itself, with a service that is watched. */
class Fleet {
  /** @type {string[]} */
  faults = [];
  killed = 0;
  /** @type {Shape} */
  shape = { managers: 0, workers: 0 };

  /** @param {Program} program @param {string} image */
  constructor(program, image) {
    this.program = program;
    this.image = image;
    this.name = `certs-${process.pid}`;
    this.manifest = join(program.folder, "machines.yaml");
    mkdirSync(program.store, { mode: 0o700 });
    // Hosts' images are kept from run to run, where the lab keeps its own.
    const cache = process.env.MACHINIST_LAB_CACHE ?? "/var/cache/machinist";
    mkdirSync(cache, { recursive: true });
    symlinkSync(cache, join(program.store, "cache"));
    this.watch = new SwarmWatch(
      program.store,
      [1, 2, 3].map((number) => `${this.name}-m-${number}`),
      service,
    );
  }

  get machines() {
    const named = (/** @type {string} */ group, /** @type {number} */ count) =>
      Array.from({ length: count }, (_, index) => `${this.name}-${group}-${index + 1}`);
    return [...named("m", this.shape.managers), ...named("w", this.shape.workers)];
  }

  /** Make it so, with the image on every node. @param {Shape} shape */
  async become(shape) {
    this.shape = shape;
    const groups = [`  ${this.name}-m: { count: ${shape.managers}, swarm: manager }`];
    if (shape.workers > 0) groups.push(`  ${this.name}-w: { count: ${shape.workers}, swarm: worker }`);
    const head = `name: ${this.name}\ndriver: nspawn\ncontexts: false\noptions: { image: ${this.image} }\n`;
    writeFileSync(this.manifest, `${head}swarm: { autolock: true }\nmachines:\n${groups.join("\n")}\n`);
    await this.program.must("up", "-f", this.manifest, "--yes");
    for (const machine of this.machines) await this.program.must("ssh", machine, importImage);
  }

  /** @param {readonly string[]} args */
  docker(...args) {
    return this.program.must("ssh", `${this.name}-m-1`, "docker", ...args);
  }

  /** @param {number} replicas */
  serve(replicas) {
    const how = ["--detach", "--name", service, "--replicas", `${replicas}`, "--endpoint-mode", "dnsrr"];
    const what = ["--stop-grace-period", "1s", "--no-resolve-image", "machinist-probe:1", "sleep", "1000000"];
    return this.docker("service", "create", ...how, ...what);
  }

  /** What is not as it should be once a command has ended: nodes locked or out of service, tasks missing. @param {number} replicas */
  async left(replicas) {
    let faults = ["nothing was asked"];
    for (const end = Date.now() + settleMs; faults.length > 0 && Date.now() < end; await sleep(500)) {
      faults = [];
      for (const machine of this.machines) {
        const { stdout } = await this.program.run("ssh", machine, "docker", "info", "-f", "{{.Swarm.LocalNodeState}}");
        if (stdout.trim() !== "active") faults.push(`${machine} is ${stdout.trim() || "silent"}`);
      }
      const nodes = await this.program.run(
        ...["ssh", `${this.name}-m-1`, "docker", "node", "ls", "--format", "{{.Status}}/{{.Availability}}"],
      );
      const lines = nodes.stdout.trim().split("\n");
      if (lines.length !== this.machines.length || lines.some((line) => line !== "Ready/Active"))
        faults.push(`nodes: ${lines.join(" ")} ${nodes.stderr.trim()}`);
      const running = (await this.watch.once())?.running;
      if (running !== replicas) faults.push(`${running} of ${replicas} tasks run`);
    }
    return faults;
  }

  /**
   * A command that is killed at each of these moments, typed again each time, and at last left to end.
   * @param {string} what @param {readonly string[]} args @param {readonly number[]} moments in ms @param {RegExp} [done] what it says when an earlier try had finished it
   */
  async typedAgain(what, args, moments, done) {
    const at = [];
    for (const moment of moments) {
      const { child, ended } = this.program.start(...args);
      await Promise.race([sleep(moment), ended]);
      child.kill("SIGKILL");
      if ((await ended).code === null) at.push(moment);
    }
    this.killed += at.length;
    const last = await this.program.run(...args);
    const faults =
      last.code === 0 || done?.test(last.stderr)
        ? []
        : [`ended with ${last.code}: ${last.stdout.slice(-300)}${last.stderr.slice(-900)}`];
    faults.push(...(await this.left(2)));
    this.note(`${what}: killed at ${at.join(", ") || "no moment"} ms, then ${Math.round(last.ms)} ms`, faults);
  }

  /** @param {string} what @param {readonly string[]} faults */
  note(what, faults) {
    for (const fault of faults) this.faults.push(`${what}: ${fault}`);
    say(`${what}: ${faults.length === 0 ? "ok" : faults.join(" | ")}`);
  }
}

/** `count` moments up to `last`, none at the very beginning. @param {number} count @param {number} last */
const moments = (count, last) => Array.from({ length: count }, (_, index) => Math.round((last * (index + 1)) / count));

/** @param {Fleet} fleet @param {number} kills */
async function kills(fleet, kills) {
  for (const managers of [2, 3]) {
    await fleet.become({ managers, workers: 0 });
    if (managers === 2) await fleet.serve(2);
    fleet.note(`${managers} managers`, await fleet.left(2));
    const output = join(fleet.program.folder, `alice-${managers}`);
    const all = `${managers} managers, `;
    await fleet.typedAgain(`${all}access add`, ["access", "add", "alice", "-o", output], moments(kills, 9000));
    const revoke = ["access", "revoke", "alice", "--yes"];
    await fleet.typedAgain(`${all}access revoke`, revoke, moments(kills, 9000), /access\.unknown/);
    await fleet.typedAgain(`${all}another CA`, ["regenerate-certs", "--ca", "--yes"], moments(kills, 20_000));
  }
}

/** How often Docker was started on each machine. @param {Fleet} fleet */
async function starts({ machines, program }) {
  const counts = [];
  for (const machine of machines) {
    const count = "journalctl -b -u docker.service -o cat | grep -c '^Started docker.service'";
    counts.push(Number((await program.must("ssh", machine, count)).stdout));
  }
  return counts;
}

/** @param {Fleet} fleet */
async function five(fleet) {
  await fleet.become({ managers: 3, workers: 2 });
  await fleet.program.run("ssh", `${fleet.name}-m-1`, "docker", "service", "rm", service);
  await fleet.serve(3);
  fleet.note("3 managers and 2 workers", await fleet.left(3));
  const before = await starts(fleet);
  fleet.watch.begin();
  const { ms, code, stderr } = await fleet.program.run("regenerate-certs", "--ca", "--yes");
  fleet.watch.pause();
  const { fewest, mostAway, worst, looks } = fleet.watch;
  const restarts = (await starts(fleet)).map((count, index) => count - Number(before[index]));
  const faults = code === 0 ? [] : [`ended with ${code}: ${stderr.slice(-900)}`];
  if (restarts.some((count) => count > 2)) faults.push("an engine restarted more than twice");
  if (fewest < 2) faults.push(`only ${fewest} of 3 tasks ran (${worst})`);
  if (mostAway > 1) faults.push(`${mostAway} nodes were out of service at once`);
  faults.push(...(await fleet.left(3)));
  fleet.note(
    `another CA for 5 nodes in ${Math.round(ms / 1000)} s: restarts ${restarts.join(", ")}; of 3 tasks at least ${fewest} ran, at most ${mostAway} node away (${looks} looks)`,
    faults,
  );
}

/** @param {readonly string[]} args @param {string} name @param {string} otherwise */
const flag = (args, name, otherwise) =>
  args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;

async function main() {
  if (!isRoot) throw new Refusal("The certificates campaign boots real hosts: it needs root.");
  const args = process.argv.slice(2);
  const only = flag(args, "only", "kills,five");
  return withProgram(async (program) => {
    const fleet = new Fleet(program, flag(args, "image", "docker"));
    try {
      if (only.includes("kills")) await kills(fleet, Number(flag(args, "kills", "2")));
      if (only.includes("five")) await five(fleet);
      await program.must("down", "-f", fleet.manifest, "--yes");
      const left = tracesOf(program.store, new Set());
      fleet.note("down", isEmpty(left) ? [] : [`left: ${describeTraces(left)}`]);
    } finally {
      await fleet.watch.stop();
    }
    say(`\n${fleet.killed} runs were killed, ${fleet.faults.length} faults`);
    return fleet.faults.length === 0 ? 0 : 1;
  });
}

await script(main);
