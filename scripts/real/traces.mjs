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
  return {
    carriers: processes.filter((line) => line.includes("systemd-nspawn")),
    others: processes.filter((line) => !line.includes("systemd-nspawn")),
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

/** @param {string} text in the command line */
function processesWith(text) {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      return line.includes(text) ? [`${pid} ${line.slice(0, 160)}`] : [];
    } catch {
      return [];
    }
  });
}

/** @param {string} bridge */
function rulesWith(bridge) {
  const { stdout } = spawnSync("iptables-save", { encoding: "utf8" });
  return (stdout ?? "").split("\n").filter((line) => line.includes(bridge));
}
