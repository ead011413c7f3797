import type { FleetSpec } from "@machinist/core";
import simulated from "@machinist/driver-simulated";
import { openMachinist } from "../../src/index.ts";

/** `node up.mjs STORE SPEC`: up, and one line of JSON on how it went and how much memory it took at most. */
const [storagePath = "", spec = ""] = process.argv.slice(2);
const machinist = await openMachinist({ storagePath, drivers: [simulated] });
const before = process.memoryUsage().rss;
let most = before;
const watching = setInterval(() => {
  most = Math.max(most, process.memoryUsage().rss);
}, 20);
const run = machinist.up(JSON.parse(spec) as FleetSpec);
const logs: string[] = [];
for await (const event of run) if (event.type === "log" && logs.length < 1000) logs.push(event.message);
const { ok, failures } = await run.result;
clearInterval(watching);
await machinist[Symbol.asyncDispose]();
process.stdout.write(`${JSON.stringify({ ok, failures, logs, grownMiB: (most - before) / 1024 / 1024 })}\n`);
