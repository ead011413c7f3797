/** One `up` of twenty machines that exist only in a map; prints the peak of resident memory in KiB. */
import { setTimeout as sleep } from "node:timers/promises";
import { openMachinist } from "@machinist/fleet";

/** @type {Map<string, { address: string, readyAt: number }>} */
const cloud = new Map();

/** @type {import("@machinist/core").Kind<{ size: string }, { address: string, up: boolean }>} */
const box = {
  async read({ owner }) {
    await sleep(20);
    const found = cloud.get(owner);
    return found && { address: found.address, up: Date.now() >= found.readyAt };
  },
  async create({ owner, progress, log }) {
    await sleep(20);
    for (let done = 1; done <= 20; done++) progress(done, 20, "blocks");
    log(`made ${owner}`);
    cloud.set(owner, { address: `192.0.2.${cloud.size + 1}`, readyAt: Date.now() + 300 });
    return { address: `192.0.2.${cloud.size}`, up: false };
  },
  async delete({ owner }) {
    cloud.delete(owner);
  },
  ready: ({ up }) => up || "it to boot",
  pollMs: 50,
};

/** @type {import("@machinist/core").DriverModule} */
const simulated = {
  name: "simulated",
  description: "Machines that exist only in this process",
  options: { type: "object", properties: {}, additionalProperties: false },
  create: () => ({
    name: "simulated",
    kinds: { "simulated.box": box },
    plan: ({ name }) => [{ id: `${name}/instance`, kind: "simulated.box", props: { size: "small" }, parents: [] }],
  }),
};

const machines = Array.from({ length: 20 }, (_, index) => ({
  name: `node-${index + 1}`,
  group: "node",
  driver: "simulated",
  options: {},
  engine: /** @type {const} */ (false),
}));

const machinist = await openMachinist({ storagePath: process.argv[2], drivers: [simulated] });
const run = machinist.up({ name: "bench", machines, compose: [], stacks: [], contexts: false });
for await (const event of run) if (event.type === "failed") console.error(event.id, event.message);
const { ok } = await run.result;
await machinist[Symbol.asyncDispose]();
if (ok && cloud.size === 20) console.log(process.resourceUsage().maxRSS);
else process.exitCode = 1;
