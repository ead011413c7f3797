import type { Data, Resource, ResourceType, ResourceTypes } from "@machinist/core";
import { describe, expect } from "vitest";
import { Cases, type Reasons } from "./cases.ts";
import { CrashPoint } from "./crash-point.ts";
import { Harness } from "./harness.ts";

export interface ResourceTypeSuite {
  /** The kind's name, as resources name it. */
  readonly name: string;
  /** The kind, in kinds that may hold those of its parents too. */
  readonly resourceTypes: ResourceTypes;
  /** One resource of it, and before it whatever it needs. */
  readonly plan: (machine: string, fleet: string) => readonly Resource[];
  /** The same with props that can be changed in place. */
  readonly changed?: (machine: string, fleet: string) => readonly Resource[];
  /** What there still is at the end, one line each. */
  readonly leftovers: (machine: string, fleet: string) => Promise<readonly string[]>;
  /** Damage what was made, so that it differs from what was declared. */
  readonly damage?: (machine: string, state: Data) => Promise<void>;
  /** Cases that cannot hold, by name, with the reason. */
  readonly notApplicable?: Reasons;
  readonly timeoutMs?: number;
}

/** The contract of one kind, as tests, driven through the real loop. */
export function testResourceType(suite: ResourceTypeSuite): void {
  describe(`kind ${suite.name}`, () => {
    const cases = new Cases(suite.name, suite);
    const kind = suite.resourceTypes[suite.name] as ResourceType | undefined;
    const around = async (work: (subject: Harness, wanted: readonly Resource[]) => Promise<void>) => {
      const subject = new Harness(suite.resourceTypes);
      try {
        await work(subject, suite.plan(subject.machine(), subject.fleet));
      } finally {
        await subject.settle([]);
      }
      expect(await suite.leftovers(subject.machine(), subject.fleet)).toEqual([]);
    };
    const settled = async (subject: Harness, wanted: readonly Resource[]) =>
      expect((await subject.settle(wanted)).filter(({ change }) => change !== "none")).toEqual([]);

    cases.add("it is there under its name, and pure where it must be", undefined, async () => {
      expect(kind).toBeDefined();
      expect(suite.plan("m", "f").some((resource) => resource.kind === suite.name)).toBe(true);
    });
    cases.add("it is made, found, and gone when it was removed", undefined, () =>
      around(async (subject, wanted) => {
        await subject.settle(wanted);
        await settled(subject, wanted);
      }),
    );
    cases.add("it is found by its owner tag alone", undefined, () =>
      around(async (subject, wanted) => {
        await subject.settle(wanted);
        const before = await subject.states();
        await subject.forgetStates();
        await subject.settle(wanted);
        expect(await subject.states()).toEqual(before);
      }),
    );
    cases.add("a change is made in place", suite.changed ? undefined : "no `changed` was given to the suite", () =>
      around(async (subject, wanted) => {
        await subject.settle(wanted);
        const changed = suite.changed!(subject.machine(), subject.fleet);
        expect((await subject.settle(changed)).map(({ change }) => change)).toContain("updated");
        await settled(subject, changed);
      }),
    );
    cases.add("damage is seen and repaired", suite.damage ? undefined : "no `damage` was given to the suite", () =>
      around(async (subject, wanted) => {
        await subject.settle(wanted);
        const id = wanted.find((resource) => resource.kind === suite.name)!.id;
        await suite.damage!(subject.machine(), (await subject.states())[id]!);
        const repaired = (await subject.settle(wanted)).find((each) => each.id === id);
        expect(["updated", "created"]).toContain(repaired?.change);
        await settled(subject, wanted);
      }),
    );
    cases.add("killed at any point, the next run goes on, or removes it", undefined, async () => {
      const life = new CrashPoint();
      await around(async (subject, wanted) => {
        await subject.settle(wanted, { life });
        await subject.settle([], { life });
      });
      for (let at = 1; at <= life.steps; at++)
        for (const resume of [true, false])
          await around(async (subject, wanted) => {
            const short = new CrashPoint(at);
            await subject.run(wanted, { life: short });
            if (!short.dead) await subject.run([], { life: short });
            else if (resume) await subject.settle(wanted);
          });
    });
    cases.close();
  });
}
