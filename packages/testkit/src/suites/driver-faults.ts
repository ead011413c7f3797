import { expect } from "vitest";
import { type Fault, type FaultPlan, noFaults, oneFault } from "../simulation/fault-plan.ts";
import type { Cases } from "./cases.ts";
import type { DriverBench } from "./driver-suite.ts";
import type { Harness } from "./harness.ts";
import { noFaultCount, randomFaultRun } from "./random-fault-run.ts";

/** What a driver must stand of its provider: refusals, failures, answers that get lost, objects that hide. */
export function addFaultCases(cases: Cases, bench: DriverBench): void {
  const { suite, fleet, plan } = bench;
  const unfit = suite.faults && suite.leftovers ? undefined : "no `faults` and `leftovers` were given to the suite";
  const under = async <T>(faults: FaultPlan, work: () => Promise<T>): Promise<T> => {
    suite.faults!(faults);
    try {
      return await work();
    } finally {
      suite.faults!(undefined);
    }
  };
  const count = async (subject: Harness) =>
    (await suite.leftovers!({ fleet: subject.fleet, uids: subject.uids() })).length;
  /** Make two machines and remove them; returns the calls it took and the objects there were in between. */
  const around = async (plansOf: (calls: string[]) => FaultPlan) => {
    const calls: string[] = [];
    let objects = 0;
    await fleet(async (subject) => {
      const wanted = unique([...(await plan(subject, 1)), ...(await plan(subject, 2))]);
      await under(noting(plansOf(calls), calls), async () => {
        // A fault may be one too many for a resource; the next run goes on.
        await subject.run(wanted);
      });
      await subject.settle(wanted);
      objects = await count(subject);
      expect((await subject.settle(wanted)).filter(({ change }) => change !== "none")).toEqual([]);
    });
    return { calls, objects };
  };

  for (const [fault, name] of [
    ["throttle", "refused for too many requests, it comes through"],
    ["error", "answered with errors of the provider, it comes through"],
    ["cut", "cut off before anything was done, it asks again"],
  ] as const)
    cases.add(name, unfit, async () => {
      const fair = await around(() => noFaults);
      expect((await around(() => oneFault(fault, () => true, 3))).objects).toBe(fair.objects);
    });

  for (const [fault, name] of [
    ["lost", "whichever answer is lost after its effect, nothing is made twice"],
    ["error", "whichever call fails, the next run goes on"],
  ] as const satisfies readonly (readonly [Fault, string])[])
    cases.add(name, unfit, async () => {
      const fair = await around(() => noFaults);
      for (const at of spread(fair.calls.length, suite.kills))
        expect((await around((calls) => once(fault, at, calls))).objects, `call ${at}, ${fair.calls[at]}`).toBe(
          fair.objects,
        );
    });

  cases.add("what is new stays invisible for a while, and nothing is made twice", unfit, async () => {
    const fair = await around(() => noFaults);
    const hidden: FaultPlan = { fault: () => "none", lagMs: suite.lagMs ?? 2000 };
    expect((await around(() => hidden)).objects).toBe(fair.objects);
    // An answer that is lost, and an object that hides: only patience tells.
    const creating = fair.calls.findIndex((call) => /create|run|import|post/i.test(call));
    if (creating >= 0)
      expect((await around((calls) => ({ ...once("lost", creating, calls), lagMs: hidden.lagMs }))).objects).toBe(
        fair.objects,
      );
  });

  const seeds = faultSeeds(suite.faultRuns ?? 12);
  cases.add(
    "with random faults, killed and cancelled anywhere, it leaves and doubles nothing",
    unfit,
    async () => {
      const count = noFaultCount();
      try {
        for (const seed of seeds) await randomFaultRun(bench, seed, count);
      } finally {
        // Also of a campaign that ends early: how far it came.
        suite.report?.(`driver ${suite.module.name}: ${JSON.stringify(count)}, seeds ${seeds[0]} to ${seeds.at(-1)}`);
      }
    },
    Math.max(suite.timeoutMs ?? 0, seeds.length * LIFE_MS),
  );
}

/** What one life may take on a computer that has other things to do, in ms. */
const LIFE_MS = 30_000;

/**
 * `MACHINIST_FAULT_RUNS` says how many lives a campaign has, or as `51-100` which part of one is lived here;
 * `MACHINIST_FAULT_SEED` which one is to be lived again. Of a number of lives, the last is a fresh one.
 */
function faultSeeds(standard: number): number[] {
  const { MACHINIST_FAULT_RUNS = "", MACHINIST_FAULT_SEED } = process.env;
  if (MACHINIST_FAULT_SEED) return [Number(MACHINIST_FAULT_SEED)];
  const part = /^(\d+)-(\d+)$/.exec(MACHINIST_FAULT_RUNS);
  if (part) return numbers(Number(part[1]), Number(part[2]));
  return [...numbers(1, (Number(MACHINIST_FAULT_RUNS) || standard) - 1), Date.now() % 2 ** 31];
}

const numbers = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);

const unique = <T extends { readonly id: string }>(resources: readonly T[]): T[] => [
  ...new Map(resources.map((resource) => [resource.id, resource])).values(),
];

const noting = (faults: FaultPlan, calls: string[]): FaultPlan => ({
  lagMs: faults.lagMs,
  fault: (call) => {
    const fault = faults.fault(call);
    calls.push(call);
    return fault;
  },
});

/** One fault, for the call of that number. */
const once = (fault: Fault, at: number, calls: readonly string[]): FaultPlan => ({
  lagMs: 0,
  fault: () => (calls.length === at ? fault : "none"),
});

/** All numbers below `count`, or `most` of them, spread evenly. */
function spread(count: number, most = Number.POSITIVE_INFINITY): number[] {
  const all = Array.from({ length: count }, (_, index) => index);
  const stride = count / most;
  return stride <= 1 ? all : Array.from({ length: most }, (_, index) => all[Math.floor((index + 0.5) * stride)]!);
}
