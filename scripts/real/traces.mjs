import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What a store's machines have left on this computer, each as a line that a person can read. Others may boot hosts here
 * at the same time, so everything is told apart by the store's folder, or by a bridge that was seen in it.
 * @typedef {object} Traces
 * @property {string[]} carriers processes that carry a machine container
 * @property {string[]} others processes that hold the store's folder and carry nothing
 * @property {string[]} mounts
 * @property {string[]} bridges
 * @property {string[]} rules of iptables that name a bridge
 * @property {string[]} records
 */

/**
 * @param {string} store
 * @param {Set<string>} bridges names seen so far; new ones are added
 * @returns {Traces}
 */
export function tracesOf(store, bridges) {
  for (const bridge of bridgesIn(store)) bridges.add(bridge);
  const processes = processesWith(store);
  const carriers = processes.filter(({ argv }) => /(^|\/)systemd-nspawn$/.test(argv[0] ?? ""));
  // What boots a host again after a reboot is its carrier's parent, and belongs to it.
  const theirs = new Set(carriers.flatMap(({ pid, parent }) => [pid, parent]));
  return {
    carriers: carriers.map(describeProcess),
    others: processes.filter(({ pid }) => !theirs.has(pid)).map(describeProcess),
    mounts: readFileSync("/proc/self/mounts", "utf8")
      .split("\n")
      .filter((line) => line.includes(store)),
    bridges: [...bridges].filter((name) => existsSync(`/sys/class/net/${name}`)),
    rules: [...bridges].flatMap((name) => rulesWith(name)),
    records: ["machines", "fleets"].flatMap((folder) =>
      entries(join(store, folder)).map((name) => `${folder}/${name}`),
    ),
  };
}

/** @param {Traces} traces */
export const isEmpty = (traces) => Object.values(traces).every((lines) => lines.length === 0);

/** @param {Traces} traces */
export const describeTraces = (traces) =>
  Object.entries(traces)
    .filter(([, lines]) => lines.length > 0)
    .map(([what, lines]) => `${what}: ${lines.join("; ")}`)
    .join("\n");

/** @param {string} folder */
const entries = (folder) => (existsSync(folder) ? readdirSync(folder) : []);

/** @param {string} store */
function bridgesIn(store) {
  return entries(join(store, "fleets")).flatMap((fleet) => {
    const path = join(store, "fleets", fleet, "record.json");
    return existsSync(path) ? [...new Set(readFileSync(path, "utf8").match(/\bmch[0-9a-f]{12}\b/g))] : [];
  });
}

/**
 * @typedef {object} Running
 * @property {number} pid
 * @property {number} parent
 * @property {string[]} argv
 */

/** @param {Running} running */
const describeProcess = ({ pid, argv }) => `${pid} ${argv.join(" ").replaceAll("\n", " ").slice(0, 160)}`;

/**
 * @param {string} text in the command line
 * @returns {Running[]}
 */
function processesWith(text) {
  return readdirSync("/proc").flatMap((entry) => {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      return line.includes(text) ? [{ pid, parent, argv: line.split("\0") }] : [];
    } catch {
      // It ended while we looked.
      return [];
    }
  });
}

/** @param {string} bridge */
function rulesWith(bridge) {
  const { stdout } = spawnSync("iptables-save", { encoding: "utf8" });
  return (stdout ?? "").split("\n").filter((line) => line.includes(bridge));
}
