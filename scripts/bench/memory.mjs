import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { Program } from "../real/program.mjs";
import { Refusal, root } from "../setup/clone.mjs";
import { median, spread } from "./table.mjs";

/**
 * The most memory that `up` of twenty simulated machines held, as the kernel counted it.
 * @param {number} runs
 * @returns {Promise<import("./table.mjs").Row[]>}
 */
export async function memory(runs) {
  /** @type {number[]} */
  const peaks = [];
  for (let run = 0; run < runs; run++) {
    const program = new Program();
    try {
      const args = [join(root, "scripts/bench/simulated-up.mjs"), program.store];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { env: program.env, encoding: "utf8" });
      if (status !== 0) throw new Refusal(`up of simulated machines failed: ${stderr}${stdout}`);
      peaks.push(Number(stdout) / 1024);
    } finally {
      program.dispose();
    }
  }
  const beside = spread(peaks, (value) => value.toFixed(0));
  return [{ what: "memory of up, 20 simulated machines", value: median(peaks), limit: 150, unit: "MB", beside }];
}
