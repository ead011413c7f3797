import type { ResourceTypes } from "@machinist/core";
import { expect } from "vitest";
import type { Cases } from "./cases.ts";
import { CrashPoint } from "./crash-point.ts";
import type { DriverBench } from "./driver-suite.ts";

/** What a driver must stand: runs that end anywhere. */
export function addCrashCases(cases: Cases, { suite, driver, fleet, plan }: DriverBench): void {
  cases.add("a making that is cancelled is finished by the next run", undefined, () =>
    fleet(async (subject) => {
      const wanted = await plan(subject);
      // Wherever the making is by then, which depends on the computer: the next run finishes it.
      for (const delayMs of [0, 20]) {
        const controller = new AbortController();
        await subject.run(wanted, {
          signal: controller.signal,
          kinds: onCreate(driver().resourceTypes, () => setTimeout(() => controller.abort(), delayMs)),
        });
      }
      await subject.settle(wanted);
      const outcomes = await subject.settle(wanted);
      expect(outcomes.filter(({ change }) => change !== "none")).toEqual([]);
    }),
  );

  cases.add("a making that is cancelled can be removed right away", undefined, () =>
    fleet(async (subject) => {
      const controller = new AbortController();
      await subject.run(await plan(subject), {
        signal: controller.signal,
        kinds: onCreate(driver().resourceTypes, () => controller.abort()),
      });
    }),
  );

  for (const [name, then] of [
    ["killed at any point of its making, the next run goes on", "resume"],
    ["killed at any point of its making, it can be removed", "remove"],
  ] as const)
    cases.add(name, undefined, async () => {
      for (const at of await killPoints(fleet, plan, suite.kills))
        await fleet(async (subject) => {
          const wanted = await plan(subject);
          // A machine that was quicker this time needs fewer steps, and lives.
          await subject.run(wanted, { life: new CrashPoint(at) });
          if (then === "resume") await subject.settle(wanted);
        });
    });

  cases.add("killed at any point of its removal, the next run finishes that", undefined, async () => {
    const points = await killPoints(fleet, async () => [], suite.kills, plan);
    for (const at of points)
      await fleet(async (subject) => {
        await subject.settle(await plan(subject));
        await subject.run([], { life: new CrashPoint(at) });
      });
  });
}

/** The steps of a whole run of `plan` (after one of `before`), or so many of them, spread evenly. */
async function killPoints(
  fleet: DriverBench["fleet"],
  plan: DriverBench["plan"],
  most = Number.POSITIVE_INFINITY,
  before?: DriverBench["plan"],
): Promise<number[]> {
  const life = new CrashPoint();
  await fleet(async (subject) => {
    if (before) await subject.settle(await before(subject));
    await subject.settle(await plan(subject), { life });
  });
  const all = Array.from({ length: life.steps }, (_, index) => index + 1);
  const stride = all.length / most;
  return stride <= 1 ? all : Array.from({ length: most }, (_, index) => all[Math.floor((index + 0.5) * stride)]!);
}

const onCreate = (kinds: ResourceTypes, note: () => void): ResourceTypes =>
  Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => {
      const create = kind.create.bind(kind);
      const noted = (call: Parameters<typeof create>[0]) => {
        note();
        return create(call);
      };
      return [name, { ...kind, create: noted }];
    }),
  );
