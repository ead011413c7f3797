import { setImmediate } from "node:timers/promises";
import { isMachinistError } from "@machinist/core";
import { afterAll, expect, test } from "vitest";
import { seeded } from "../../packages/testkit/src/simulation/random.ts";
import type { Door } from "./door.ts";
import { answersOfDrivers, descriptions, plans } from "./doors/drivers.ts";
import { composes, hosts, lists, manifests } from "./doors/files.ts";
import { gob, plugins } from "./doors/go.ts";
import { configs, imports, records } from "./doors/records.ts";
import { digitalocean, ec2, ec2Answers, engines, refusalsOfDigitalOcean } from "./doors/services.ts";

const doors: readonly Door[] = [
  ...[records, imports, configs, descriptions, answersOfDrivers, plans, gob, plugins],
  ...[manifests, composes, lists, hosts, engines, digitalocean, refusalsOfDigitalOcean, ec2, ec2Answers],
];
/** How many inputs in all; a campaign: `MACHINIST_FUZZ=1000000`. */
const total = Number(process.env.MACHINIST_FUZZ) || 6000;
/** To see a failure again: `MACHINIST_FUZZ_SEED=…`, and of it one run alone: `MACHINIST_FUZZ_RUN=…`. */
const seed = Number(process.env.MACHINIST_FUZZ_SEED) || Date.now() % 2 ** 31;
const only = process.env.MACHINIST_FUZZ_RUN === undefined ? undefined : Number(process.env.MACHINIST_FUZZ_RUN);
/** What fits beside everything else that a computer does. */
const mostBytes = 150 * 2 ** 20;

const told: string[] = [];
let inputs = 0;
afterAll(() => {
  for (const { close } of doors) close?.();
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(`doors: ${inputs} inputs, seed ${seed}, the process had ${peak} MiB at most:\n${told.join("\n")}`);
});

test.each(doors.map((door) => [door.name, door] as const))(
  "%s: whatever comes is taken, or refused in our words",
  { timeout: 120_000 + total * 10 },
  async (name, door) => {
    const runs = Math.ceil((total * door.part) / 100);
    const counts = new Map<string, number>();
    const before = process.memoryUsage().heapUsed;
    const began = process.cpuUsage();
    let most = 0;
    for (let run = only ?? 0; run < (only === undefined ? runs : only + 1); run++) {
      const input = door.input(seeded(seed + run * 7919));
      const outcome = await outcomeOf(door, input);
      if (outcome.startsWith("!"))
        expect.fail(
          `${outcome.slice(1)}\nagain: MACHINIST_FUZZ_SEED=${seed} MACHINIST_FUZZ_RUN=${run} vitest run --project unit test/fuzz -t "${name}"\n${JSON.stringify(input).slice(0, 3000)}`,
        );
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      inputs++;
      // Weak references are cleared between two turns of the event loop, and most doors never leave one.
      if (run % 100 === 0) await setImmediate();
      if (run % 500 === 0) most = Math.max(most, process.memoryUsage().heapUsed - before);
    }
    const { user, system } = process.cpuUsage(began);
    told.push(
      `  ${name}: ${runs} inputs, ${JSON.stringify(Object.fromEntries(counts))}, ${Math.round((user + system) / 1e6)} s of processor time, heap +${Math.round(most / 2 ** 20)} MiB`,
    );
    expect(most).toBeLessThan(mostBytes);
  },
);

/** `taken`, the code of a refusal, or `!` and the stack of what is none. */
async function outcomeOf(door: Door, input: unknown): Promise<string> {
  try {
    await door.take(input);
    return "taken";
  } catch (thrown) {
    if (isMachinistError(thrown) && thrown.code !== "internal") return thrown.code;
    if (door.isRefusal?.(thrown)) return "refused";
    const cause = (thrown as Error).cause;
    return `!${(thrown as Error).stack ?? thrown}${cause instanceof Error ? `\n${cause.stack}` : ""}`;
  }
}
