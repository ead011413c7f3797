import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withProgram } from "../real/program.mjs";
import { Refusal, say } from "../setup/clone.mjs";
import { median, spread, withUnit } from "./table.mjs";

/**
 * @typedef {import("./table.mjs").Row} Row
 * @typedef {import("@machinist/lab").LabHost} LabHost
 * @typedef {import("../real/program.mjs").Program} Program
 */

const prefix = `bench-${process.pid}`;

/** The built lab: imported late, since only this part of the benchmark needs it. */
const lab = () => import("@machinist/lab");

/**
 * Real hosts with Docker running, and how long they took from nothing to `docker info`.
 * @param {number} count
 */
async function dockerHosts(count) {
  const { startHosts } = await lab();
  const began = performance.now();
  const started = await startHosts({ count, image: "docker" });
  try {
    await Promise.all(started.hosts.map(untilDocker));
  } catch (thrown) {
    await started.dispose();
    throw thrown;
  }
  return { hosts: started.hosts, dispose: started.dispose, seconds: (performance.now() - began) / 1000 };
}

/** @param {LabHost} host */
async function untilDocker(host) {
  const end = Date.now() + 60_000;
  while ((await host.exec("docker", "info")).code !== 0) {
    if (Date.now() > end) throw new Refusal(`Docker on ${host.name} does not answer`);
    await sleep(50);
  }
}

/** @param {LabHost} host its SHA256 fingerprint, as ssh-keygen prints it */
const fingerprint = ({ hostKey }) =>
  `SHA256:${createHash("sha256")
    .update(Buffer.from(String(hostKey.split(" ")[1]), "base64"))
    .digest("base64")
    .replace(/=+$/, "")}`;

/** @param {LabHost} host @param {string} name */
const createArgs = (host, name) => [
  ...["create", "--driver", "generic", "--generic-ip-address", host.address, "--generic-ssh-user", host.endpoint.user],
  ...["--generic-ssh-key", host.identity, "--generic-host-key", fingerprint(host), name],
];

/** @param {readonly LabHost[]} hosts */
const genericManifest = (hosts) =>
  JSON.stringify({
    name: `${prefix}-own`,
    driver: "generic",
    machines: Object.fromEntries(
      hosts.map((host, index) => [
        `${prefix}-${index}`,
        {
          options: {
            "ip-address": host.address,
            "ssh-user": host.endpoint.user,
            "ssh-key": host.identity,
            "host-key": fingerprint(host),
          },
        },
      ]),
    ),
  });

/** Hosts that are there already: one by `create`, three at once by `up`; on fresh hosts and a fresh store each time. */
async function existingHosts() {
  const { hosts, dispose } = await dockerHosts(4);
  try {
    return await withProgram((program) => createAndUp(program, hosts));
  } finally {
    await dispose();
  }
}

/**
 * @param {Program} program
 * @param {readonly LabHost[]} hosts
 */
async function createAndUp(program, hosts) {
  const [first, ...others] = hosts;
  if (first === undefined) throw new Refusal("No host was started");
  const one = await program.must(...createArgs(first, `${prefix}-one`));
  const file = join(program.folder, "machines.json");
  writeFileSync(file, genericManifest(others));
  const three = await program.must("up", "-f", file);
  await program.must("rm", "--yes", `${prefix}-one`);
  return { one: one.ms / 1000, three: three.ms / 1000 };
}

const swarmManifest = JSON.stringify({
  name: prefix,
  driver: "nspawn",
  options: { image: "docker" },
  machines: { [`${prefix}-m`]: { swarm: "manager" }, [`${prefix}-w`]: { count: 2, swarm: "worker" } },
});

/** @param {Program} program */
const daemons = (program) =>
  Promise.all(
    [`${prefix}-m-1`, `${prefix}-w-1`, `${prefix}-w-2`].map(async (name) =>
      (await program.must("ssh", name, "pidof", "dockerd")).stdout.trim(),
    ),
  );

/**
 * A Swarm of three from the golden image, and the same command again.
 * @param {Program} program one for all runs: the images it built stay with its store
 */
async function swarm(program) {
  const file = join(program.folder, "machines.json");
  writeFileSync(file, swarmManifest);
  try {
    const up = await program.must("up", "-f", file);
    const before = await daemons(program);
    const again = await program.must("up", "-f", file);
    const after = await daemons(program);
    return { up: up.ms / 1000, again: again.ms / 1000, same: before.join() === after.join() };
  } finally {
    await program.must("down", "-f", file, "--yes");
  }
}

/**
 * @param {number} runs
 * @returns {Promise<Row[]>}
 */
export async function hostFigures(runs) {
  const { unavailable } = await lab();
  const reason = unavailable();
  if (reason !== undefined) {
    say(`Figures on real hosts are left out: ${reason}`);
    return [];
  }
  return withProgram((program) => measured(program, runs));
}

/**
 * @param {Program} program
 * @param {number} runs
 * @returns {Promise<Row[]>}
 */
async function measured(program, runs) {
  // The first of each builds its images: not measured.
  await (await dockerHosts(1)).dispose();
  await swarm(program);
  /** @type {Record<"bare" | "one" | "three" | "up" | "again", number[]>} */
  const seconds = { bare: [], one: [], three: [], up: [], again: [] };
  let same = true;
  for (let run = 0; run < runs; run++) {
    const bare = await dockerHosts(3);
    await bare.dispose();
    seconds.bare.push(bare.seconds);
    const existing = await existingHosts();
    seconds.one.push(existing.one);
    seconds.three.push(existing.three);
    const swarmed = await swarm(program);
    seconds.up.push(swarmed.up);
    seconds.again.push(swarmed.again);
    same &&= swarmed.same;
  }
  const base = `three bare boots to docker info: ${withUnit(median(seconds.bare), "s")}`;
  const range = (/** @type {readonly number[]} */ of) => spread(of, (value) => value.toFixed(2));
  return [
    {
      what: "create, one SSH host with Docker",
      value: median(seconds.one),
      limit: 3,
      unit: "s",
      beside: range(seconds.one),
    },
    {
      what: "three SSH hosts with Docker at once",
      value: median(seconds.three),
      limit: 4.5,
      unit: "s",
      beside: range(seconds.three),
    },
    {
      what: "up, Swarm of 3 from the golden image",
      value: median(seconds.up),
      limit: 10,
      unit: "s",
      beside: `${range(seconds.up)}; ${base}`,
    },
    {
      what: "up again, nothing to do",
      value: median(seconds.again),
      limit: 1,
      unit: "s",
      beside: range(seconds.again),
    },
    {
      what: "engines restarted by it",
      value: same ? 0 : 1,
      limit: 0,
      unit: "x",
      beside: same ? "no dockerd has a new pid" : "a dockerd has a new pid",
    },
  ];
}
