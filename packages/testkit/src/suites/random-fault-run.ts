import type { Resource } from "@machinist/core";
import { type Fault, type FaultPlan, randomFaults } from "../simulation/fault-plan.ts";
import { type Random, seeded } from "../simulation/random.ts";
import { CrashPoint } from "./crash-point.ts";
import { type DriverBench, planMany } from "./driver-suite.ts";
import type { Harness } from "./harness.ts";

/** What happened in one seeded life of a fleet, or in many. */
export interface FaultCount {
  lives: number;
  runs: number;
  killed: number;
  cancelled: number;
  calls: number;
  readonly faults: { [fault in Exclude<Fault, "none">]: number };
}

export const noFaultCount = (): FaultCount => ({
  lives: 0,
  runs: 0,
  killed: 0,
  cancelled: 0,
  calls: 0,
  faults: { throttle: 0, error: 0, cut: 0, lost: 0 },
});

/**
 * One life of a fleet with random faults: a few runs that make or remove it, each by a process that starts again, in a storm of
 * its own, perhaps killed at any call or cancelled; then without faults, where it must come out whole, once, and be
 * removed without a rest. The seed decides everything but time. Throws with the seed.
 */
export async function randomFaultRun(
  bench: DriverBench,
  seed: number,
  count: FaultCount = noFaultCount(),
): Promise<void> {
  const random = seeded(seed);
  const trail: string[] = [];
  const expected = new Map<number, number>();
  for (const machines of [1, 2, 3]) expected.set(machines, await bench.objects(machines));
  try {
    await bench.fleet(async (subject) => {
      const machines = 1 + random.below(3);
      const wanted = await planMany(bench, subject, machines);
      for (let left = 1 + random.below(3); left > 0; left--)
        trail.push(
          await badDay(bench, subject, random.chance(0.75) ? wanted : [], { random, count, size: wanted.length }),
        );
      bench.suite.faults!(undefined);
      await calm(bench, subject, wanted, expected.get(machines)!);
    });
    count.lives++;
  } catch (cause) {
    throw new Error(
      `seed ${seed} of driver ${bench.suite.module.name} (${trail.join("; ")}): ${(cause as Error).message}`,
      { cause },
    );
  } finally {
    bench.suite.faults!(undefined);
  }
}

/** In fair faults: everything is there, once, and settled. */
async function calm(bench: DriverBench, subject: Harness, wanted: readonly Resource[], objects: number): Promise<void> {
  const { resourceTypes } = bench.reborn();
  await subject.settle(wanted, { kinds: resourceTypes });
  const again = await subject.settle(wanted, { kinds: resourceTypes });
  const restless = again.filter(({ change }) => change !== "none").map(({ id, change }) => `${id} ${change}`);
  if (restless.length > 0) throw new Error(`it does not settle: ${restless.join(", ")}`);
  const there = await bench.suite.leftovers!({ fleet: subject.fleet, uids: subject.uids() });
  if (there.length !== objects)
    throw new Error(`there should be ${objects} objects, and there are: ${there.join("; ")}`);
}

async function badDay(
  bench: DriverBench,
  subject: Harness,
  wanted: readonly Resource[],
  { random, count, size }: { random: Random; count: FaultCount; size: number },
): Promise<string> {
  const share = random.next() * 0.35;
  const faults = randomFaults(random, share, random.below((bench.suite.lagMs ?? 2000) + 1));
  const life = new CrashPoint(random.chance(0.6) ? 1 + random.below(12 * size) : Number.POSITIVE_INFINITY);
  const controller = new AbortController();
  const cancelAt = random.chance(0.2) ? 1 + random.below(3 * size) : Number.POSITIVE_INFINITY;
  const loseLast = random.chance(0.5);
  let calls = 0;
  const told: FaultPlan = {
    lagMs: faults.lagMs,
    fault(call) {
      count.calls++;
      if (++calls === cancelAt) controller.abort();
      const dead = dies(life);
      // A process that is dead sends nothing; what it had sent last may have arrived.
      if (dead !== "alive") return dead === "now" && loseLast ? "lost" : "cut";
      const fault = faults.fault(call);
      if (fault !== "none") count.faults[fault]++;
      return fault;
    },
  };
  bench.suite.faults!(told);
  await subject.run(wanted, { life, signal: controller.signal, kinds: bench.reborn().resourceTypes });
  count.runs++;
  if (life.dead) count.killed++;
  if (controller.signal.aborted) count.cancelled++;
  return `${wanted.length === 0 ? "remove" : "make"} ${life.dead ? `killed at step ${life.at}` : "lived"}, ${calls} calls`;
}

function dies(life: CrashPoint): "alive" | "now" | "before" {
  if (life.dead) return "before";
  try {
    life.step();
    return "alive";
  } catch {
    return "now";
  }
}
