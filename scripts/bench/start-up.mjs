import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withProgram } from "../real/program.mjs";
import { Refusal } from "../setup/clone.mjs";
import { packedCommand } from "../setup/packed.mjs";
import { median, spread, withUnit } from "./table.mjs";

/** @typedef {import("./table.mjs").Row} Row */

const machines = 100;

/**
 * A store as `create` leaves it, with nothing behind its machines.
 * @param {string} store
 */
export function writeSyntheticStore(store) {
  for (let number = 1; number <= machines; number++) {
    const name = `node-${number}`;
    const folder = join(store, "machines", name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const id = `${name}/instance`;
    const props = { address: `192.0.2.${number}`, size: "small" };
    const saved = {
      id,
      kind: "box.instance",
      props,
      parents: [],
      generation: 1,
      status: "created",
      intentAt: 1,
      state: props,
    };
    const machine = { driver: "box", options: props, engine: {}, createdAt: 1 };
    const record = { version: 1, scope: name, uid: `u${number}`, fleet: name, machine, uses: [], lastGeneration: 1 };
    writeFileSync(join(folder, "record.json"), JSON.stringify({ ...record, resources: { [id]: saved } }), {
      mode: 0o600,
    });
  }
}

/**
 * A store as docker-machine leaves it; nobody answers where its engines should be.
 * @param {string} store
 */
function writeDockerMachineStore(store) {
  for (let number = 1; number <= machines; number++) {
    const name = `node-${number}`;
    const folder = join(store, "machines", name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const driver = { MachineName: name, IPAddress: "127.0.0.1", URL: "tcp://127.0.0.1:1", StorePath: store };
    const config = { ConfigVersion: 3, Driver: driver, DriverName: "none", HostOptions: {}, Name: name };
    writeFileSync(join(folder, "config.json"), JSON.stringify(config, undefined, 4), { mode: 0o600 });
  }
}

/**
 * One whole process, in ms.
 * @param {readonly string[]} args of node
 * @param {NodeJS.ProcessEnv} env
 */
function once(args, env) {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
  if (status !== 0) throw new Refusal(`node ${args.join(" ")} ended with ${status}: ${stderr}`);
  return { ms: performance.now() - began, stdout };
}

/**
 * Start-up as ratios to a bare `node -e 0`, run in turns so that a busy moment meets all of them.
 * @param {number} runs
 * @returns {Promise<Row[]>}
 */
export async function startUp(runs) {
  return withProgram(async (program) => {
    writeSyntheticStore(program.store);
    const { env } = program;
    const dropIn = join(program.folder, "docker-machine");
    writeDockerMachineStore(dropIn);
    const machinist = packedCommand("machinist");
    const old = [packedCommand("docker-machine"), "-s", dropIn];
    const commands = {
      bare: ["-e", "0"],
      version: [machinist, "--version"],
      list: [machinist, "ls", "-q"],
      inspect: [...old, "inspect", "-f", "{{.Driver.URL}}", "node-7"],
      oldList: [...old, "ls"],
    };
    if (once(commands.list, env).stdout.trim().split("\n").length !== machines)
      throw new Refusal(`machinist ls -q does not list the ${machines} machines of the synthetic store`);
    /** @type {Record<keyof typeof commands, number[]>} */
    const times = { bare: [], version: [], list: [], inspect: [], oldList: [] };
    for (let run = 0; run < runs; run++)
      for (const name of /** @type {(keyof typeof commands)[]} */ (Object.keys(commands)))
        times[name].push(once(commands[name], env).ms);
    const base = median(times.bare);
    const beside = (/** @type {readonly number[]} */ of) =>
      `${withUnit(median(of), "ms")} (${spread(of, (value) => value.toFixed(0))}) to node's ${withUnit(base, "ms")}`;
    return [
      {
        what: "machinist --version",
        value: median(times.version) / base,
        limit: 1.3,
        unit: "x",
        beside: beside(times.version),
      },
      {
        what: `machinist ls -q, ${machines} machines`,
        value: median(times.list) / base,
        limit: 2,
        unit: "x",
        beside: beside(times.list),
      },
      {
        what: "docker-machine inspect -f",
        value: median(times.inspect) / base,
        limit: 1.5,
        unit: "x",
        beside: beside(times.inspect),
      },
      {
        what: `docker-machine ls, ${machines} machines`,
        value: median(times.oldList) / 1000,
        limit: 0.2,
        unit: "s",
        beside: "1.1 s with docker-machine 0.16.2",
      },
    ];
  });
}
