/**
 * `pnpm kill-campaign`: `up` of three hosts is killed (SIGKILL) at many moments, and typed again each time. Every time
 * there must be exactly three hosts and one Swarm of three, and after `down` nothing. As root, after `pnpm build`.
 * Flags: --kills=20, --image=docker (with Docker baked in) or bare.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withProgram } from "./real/program.mjs";
import { describeTraces, isEmpty, tracesOf } from "./real/traces.mjs";
import { isRoot, Refusal, say, script } from "./setup/clone.mjs";

const hosts = 3;
const fleet = `kill-${process.pid}`;

/** @typedef {import("./real/program.mjs").Program} Program */

/** @param {string} image */
const manifestText = (image) => `name: ${fleet}
driver: nspawn
options: { image: ${image} }
machines:
  ${fleet}-m: { swarm: manager }
  ${fleet}-w: { count: ${hosts - 1}, swarm: worker }
`;

class Campaign {
  /** @type {Set<string>} */
  bridges = new Set();
  /** @type {string[]} */
  faults = [];

  /**
   * @param {Program} program
   * @param {string} image
   */
  constructor(program, image) {
    this.program = program;
    this.manifest = join(program.folder, "machines.yaml");
    mkdirSync(this.program.store, { mode: 0o700 });
    writeFileSync(this.manifest, manifestText(image));
  }

  traces() {
    return tracesOf(this.program.store, this.bridges);
  }

  /** @param {number} ms */
  async killedUp(ms) {
    const { child, ended } = this.program.start("up", "-f", this.manifest);
    await Promise.race([sleep(ms), ended]);
    child.kill("SIGKILL");
    return (await ended).code === null;
  }

  /** Everything that was asked for is there, once. */
  async expectWhole() {
    const { carriers, bridges, records, others } = this.traces();
    /** @type {string[]} */
    const faults = [];
    if (carriers.length !== hosts) faults.push(`${carriers.length} hosts: ${carriers.join("; ")}`);
    if (bridges.length !== 1) faults.push(`${bridges.length} bridges`);
    if (others.length > 0) faults.push(`stray processes: ${others.join("; ")}`);
    const machines = records.filter((record) => record.startsWith("machines/") && !record.includes("/."));
    if (machines.length !== hosts) faults.push(`${machines.length} records: ${machines.join(" ")}`);
    const nodes = await this.program.run("ssh", `${fleet}-m-1`, "docker", "node", "ls", "--format", "{{.Status}}");
    const ready = nodes.stdout.trim().split("\n").join(" ");
    if (ready !== Array(hosts).fill("Ready").join(" ")) faults.push(`Swarm of: ${ready} ${nodes.stderr.trim()}`);
    return faults;
  }

  async expectNothing() {
    await this.program.must("down", "-f", this.manifest, "--yes");
    const left = this.traces();
    return isEmpty(left) ? [] : [`left after down: ${describeTraces(left)}`];
  }

  /**
   * @param {string} when
   * @param {readonly string[]} faults
   */
  note(when, faults) {
    for (const fault of faults) this.faults.push(`${when}: ${fault}`);
    say(`${when}: ${faults.length === 0 ? "ok" : faults.join(" | ")}`);
  }
}

/** Two at once: one waits or is refused by name, neither harms. @param {Campaign} campaign */
async function twoAtOnce(campaign) {
  const both = await Promise.all([1, 2].map(() => campaign.program.run("up", "-f", campaign.manifest)));
  const faults = both.some(({ code }) => code === 0) ? [] : ["neither succeeded"];
  for (const { code, stdout, stderr } of both)
    if (code !== 0 && !/is working on/.test(stdout + stderr)) faults.push(`ended with ${code}: ${stderr.slice(-400)}`);
  campaign.note("two at once", [...faults, ...(await campaign.expectWhole()), ...(await campaign.expectNothing())]);
}

/** @param {readonly string[]} args @param {string} name @param {string} otherwise */
const flag = (args, name, otherwise) =>
  args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise;

/**
 * @param {Campaign} campaign
 * @param {number} kills
 * @returns how many runs were still going when they were killed
 */
async function killMany(campaign, kills) {
  const { program, manifest } = campaign;
  // The first run builds the image; the second tells how long the moments are spread over.
  await program.must("up", "-f", manifest);
  await program.must("down", "-f", manifest, "--yes");
  const { ms } = await program.must("up", "-f", manifest);
  campaign.note(`not killed (${Math.round(ms)} ms)`, [
    ...(await campaign.expectWhole()),
    ...(await campaign.expectNothing()),
  ]);
  let killed = 0;
  for (let kill = 0; kill < kills; kill++) {
    const moment = Math.round((ms * (kill + 0.5)) / kills);
    if (await campaign.killedUp(moment)) killed++;
    const again = await program.run("up", "-f", manifest);
    const faults = again.code === 0 ? [] : [`up again ended with ${again.code}: ${again.stderr.slice(-600)}`];
    campaign.note(`killed at ${moment} ms`, [
      ...faults,
      ...(await campaign.expectWhole()),
      ...(await campaign.expectNothing()),
    ]);
  }
  return killed;
}

/** A crash in the middle of taking down is a crash too. @param {Campaign} campaign */
async function killDown(campaign) {
  await campaign.program.must("up", "-f", campaign.manifest);
  const { child, ended } = campaign.program.start("down", "-f", campaign.manifest, "--yes");
  await Promise.race([sleep(400), ended]);
  child.kill("SIGKILL");
  await ended;
  campaign.note("down killed at 400 ms", await campaign.expectNothing());
}

async function main() {
  if (!isRoot) throw new Refusal("The kill campaign boots real hosts: it needs root.");
  const args = process.argv.slice(2);
  const kills = Number(flag(args, "kills", "20"));
  return withProgram(async (program) => {
    const campaign = new Campaign(program, flag(args, "image", "docker"));
    const killed = await killMany(campaign, kills);
    await killDown(campaign);
    await twoAtOnce(campaign);
    say(`\n${killed} of ${kills} runs were killed, ${campaign.faults.length} faults`);
    return campaign.faults.length === 0 && killed > 0 ? 0 : 1;
  });
}

await script(main);
