import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { FleetSpec } from "@machinist/core";
import simulated from "@machinist/driver-simulated";
import { openMachinist } from "../../src/index.ts";

/**
 * `node up.mjs STORE SPEC`: up, and one line of JSON on how it went and how much memory it held at most. Garbage is
 * collected before each look: when it would be by itself is up to what else the computer does.
 */
const [storagePath = "", spec = ""] = process.argv.slice(2);
const machinist = await openMachinist({ storagePath, drivers: [simulated] });
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const held = (): number => {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};
const before = held();
let most = before;
const watching = setInterval(() => {
  most = Math.max(most, held());
}, 50);
const run = machinist.up(JSON.parse(spec) as FleetSpec);
const logs: string[] = [];
for await (const event of run) if (event.type === "log" && logs.length < 1000) logs.push(event.message);
const { ok, failures } = await run.result;
clearInterval(watching);
most = Math.max(most, held());
await machinist[Symbol.asyncDispose]();
process.stdout.write(`${JSON.stringify({ ok, failures, logs, grownMiB: (most - before) / 1024 / 1024 })}\n`);
