import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withProgram } from "../real/program.mjs";
import { Refusal, root } from "../setup/clone.mjs";
import { packedCommand } from "../setup/packed.mjs";
import { median, spread } from "./table.mjs";

const machines = 20;
const manifest = JSON.stringify({
  name: `bench-${process.pid}`,
  driver: "simulated",
  engine: false,
  contexts: false,
  machines: { [`bench-${process.pid}`]: { count: machines } },
});

/** The most memory, in MB, that one `up` of simulated machines held, as the kernel counted it. */
function peakOfUp() {
  return withProgram(async (program) => {
    const file = join(program.folder, "machines.json");
    const peak = join(program.folder, "peak");
    writeFileSync(file, manifest);
    const machinist = packedCommand("machinist");
    const args = ["--require", join(root, "scripts/bench/report-memory.cjs"), machinist];
    const env = { ...program.env, MACHINIST_MEMORY_FILE: peak, XDG_CACHE_HOME: join(program.folder, "cache") };
    const { status, stderr } = spawnSync(process.execPath, [...args, "up", "-f", file], {
      cwd: root,
      env,
      encoding: "utf8",
    });
    if (status !== 0) throw new Refusal(`up of ${machines} simulated machines failed: ${stderr}`);
    const { stdout } = spawnSync(process.execPath, [machinist, "ls", "-q"], { env, encoding: "utf8" });
    if (stdout.trim().split("\n").length !== machines)
      throw new Refusal(`up made other machines than asked for: ${stdout}`);
    return Number(readFileSync(peak, "utf8")) / 1024;
  });
}

/**
 * @param {number} runs
 * @returns {Promise<import("./table.mjs").Row[]>}
 */
export async function memory(runs) {
  /** @type {number[]} */
  const peaks = [];
  for (let run = 0; run < runs; run++) peaks.push(await peakOfUp());
  const beside = spread(peaks, (value) => value.toFixed(0));
  return [
    { what: `memory of up, ${machines} simulated machines`, value: median(peaks), limit: 150, unit: "MB", beside },
  ];
}
