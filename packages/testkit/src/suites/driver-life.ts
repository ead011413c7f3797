import { isFleetScope, type Resource, type ResourceTypes, scopeOf } from "@machinist/core";
import { expect } from "vitest";
import type { Cases } from "./cases.ts";
import { CrashPoint } from "./crash-point.ts";
import { addPowerCase } from "./driver-power.ts";
import type { DriverBench } from "./driver-suite.ts";
import type { Harness } from "./harness.ts";

/** A machine from its making to its end, with nothing going wrong but the provider. */
export function addLifeCases(cases: Cases, bench: DriverBench): void {
  const { suite, driver, fleet, plan } = bench;

  cases.add("a machine is made, is ready, and is found as it is by the next run", undefined, () =>
    fleet(async (subject) => {
      const wanted = await plan(subject);
      const made = await subject.settle(wanted);
      expect(new Set(made.map(({ change }) => change))).toEqual(new Set(["created"]));
      expect(new Set((await subject.settle(wanted)).map(({ change }) => change))).toEqual(new Set(["none"]));
      const states = await subject.states();
      for (const { id, kind, props } of wanted) {
        expect(
          driver().resourceTypes[kind]?.drift?.(states[id]!, props) ?? [],
          `${id} drifts from what was asked`,
        ).toEqual([]);
        expect(JSON.parse(JSON.stringify(states[id])), `the state of ${id} is plain data`).toEqual(states[id]);
      }
      const known = driver().endpoint?.(subject.machine(), states) ?? driver().engineUrl?.(subject.machine(), states);
      if (driver().endpoint || driver().engineUrl) expect(known, "where it answers").toBeDefined();
      await subject.settle([]);
      expect(await subject.states()).toEqual({});
    }),
  );

  cases.add("what was never made is absent, which is no error", undefined, () =>
    fleet(async (subject) => {
      for (const resource of (await plan(subject)).filter(
        ({ parents, after }) => parents.length + (after?.length ?? 0) === 0,
      )) {
        const kind = driver().resourceTypes[resource.kind]!;
        if (kind.retainOnDelete) continue; // what it stands for may well be there
        const found = await kind.read({ ...subject.call(resource, `${subject.fleet}-never-1`), state: undefined });
        expect(found, resource.id).toBeUndefined();
      }
    }),
  );

  cases.add("what was made is found by its owner tag alone", undefined, () =>
    fleet(async (subject) => {
      const wanted = await plan(subject);
      await subject.settle(wanted);
      const before = await subject.states();
      await subject.forgetStates();
      await subject.settle(wanted);
      expect(await subject.states()).toEqual(before);
    }),
  );

  cases.add("asked for twice with one mark, there is one", undefined, () =>
    fleet(async (subject) => {
      await subject.settle(await plan(subject), { kinds: twice(driver().resourceTypes, "create") });
    }),
  );

  cases.add("deleting what is gone is success", undefined, () =>
    fleet(async (subject) => {
      await subject.settle(await plan(subject));
      await subject.settle([], { kinds: twice(driver().resourceTypes, "delete") });
    }),
  );

  cases.add(
    "what cannot be read is an error, and nothing is forgotten or made over it",
    needs("breakProvider", suite.breakProvider),
    () =>
      fleet(async (subject) => {
        const wanted = await plan(subject);
        await subject.settle(wanted);
        const before = await subject.states();
        const mend = await suite.breakProvider!();
        try {
          for (const broken of [await subject.run(wanted), await subject.run([])])
            expect(
              broken.some(({ change }) => change === "failed"),
              "somebody noticed",
            ).toBe(true);
        } finally {
          await mend();
        }
        await subject.settle(wanted);
        expect(Object.keys(await subject.states()).sort()).toEqual(Object.keys(before).sort());
      }),
  );

  cases.add("what others made is left alone", needs("foreign", suite.foreign), async () => {
    const theirs = await suite.foreign!();
    try {
      await fleet(async (subject) => {
        await subject.settle(await plan(subject));
        expect(await theirs.isThere()).toBe(true);
      });
      expect(await theirs.isThere()).toBe(true);
    } finally {
      await theirs.remove();
    }
  });

  cases.add("what can be changed in place is, and nothing is recreated", needs("changed", suite.changed), () =>
    fleet(async (subject) => {
      await subject.settle(await plan(subject));
      for (const options of [suite.changed ?? []].flat()) {
        const changed = await plan(subject, 1, options);
        const outcomes = await subject.settle(changed);
        expect(outcomes.map(({ change }) => change)).toContain("updated");
        expect(outcomes.filter(({ id, change }) => !isFine(id, change))).toEqual([]);
        await expectSettled(subject, changed);
        await suite.expectChanged?.({ fleet: subject.fleet, uids: subject.uids() }, options);
      }
    }),
  );

  cases.add("a change that was interrupted is finished by the next run", needs("changed", suite.changed), () =>
    fleet(async (subject) => {
      const changes = [suite.changed ?? []].flat();
      await subject.settle(await plan(subject));
      for (const options of changes) {
        const changed = await plan(subject, 1, options);
        for (const at of [2, 5, 9]) await subject.run(changed, { life: new CrashPoint(at) });
      }
      const last = await plan(subject, 1, changes.at(-1));
      await subject.settle(last);
      await expectSettled(subject, last);
      await suite.expectChanged?.({ fleet: subject.fleet, uids: subject.uids() }, changes.at(-1) ?? {});
    }),
  );

  cases.add("what nothing can make so is refused, and all stays as it was", needs("impossible", suite.impossible), () =>
    fleet(async (subject) => {
      const [options] = [suite.changed ?? []].flat();
      const wanted = await plan(subject, 1, options);
      await subject.settle(wanted);
      const impossible = await plan(subject, 1, { ...options, ...suite.impossible!.options });
      for (const replace of [false, true]) {
        const refused = await subject.run(impossible, { replace });
        expect(refused.map(({ error }) => error?.code)).toContain(suite.impossible!.code);
      }
      // What it would have shared may have been made.
      const after = await subject.settle(wanted);
      expect(after.filter(({ id, change }) => change !== "none" && !isFleetScope(scopeOf(id)))).toEqual([]);
    }),
  );

  cases.add("what cannot is replaced, if that was agreed to", needs("replacing", suite.replacing), () =>
    fleet(async (subject) => {
      await subject.settle(await plan(subject));
      const replacing = await plan(subject, 1, suite.replacing);
      const refused = await subject.run(replacing);
      expect(refused.map(({ error }) => error?.code)).toContain("plan.replace");
      const outcomes = await subject.settle(replacing, { replace: true });
      expect(outcomes.map(({ change }) => change)).toContain("replaced");
      await expectSettled(subject, replacing);
    }),
  );

  cases.add("three machines are made at once", undefined, () =>
    fleet(async (subject) => {
      const plans = await Promise.all([1, 2, 3].map((number) => plan(subject, number)));
      const wanted = [...new Map(plans.flat().map((resource) => [resource.id, resource])).values()];
      await subject.settle(wanted);
      await expectSettled(subject, wanted);
      // One of them goes; the others do not notice.
      const fewer = wanted.filter(({ id }) => !id.startsWith(`${subject.machine(3)}/`));
      await subject.settle(fewer);
      await expectSettled(subject, fewer);
    }),
  );

  addPowerCase(cases, bench);
}

/** A machine's own stay what they are; of what it shares it may come to stand on another. */
const isFine = (id: string, change: string): boolean =>
  ["updated", "none", ...(isFleetScope(scopeOf(id)) ? ["created", "deleted"] : [])].includes(change);

const needs = (hook: string, given: unknown): string | undefined =>
  given === undefined ? `no \`${hook}\` was given to the suite` : undefined;

async function expectSettled(subject: Harness, wanted: readonly Resource[]): Promise<void> {
  const outcomes = await subject.settle(wanted);
  expect(outcomes.filter(({ change }) => change !== "none")).toEqual([]);
}

/** The same kinds, of which every call of one name is made twice. */
const twice = (kinds: ResourceTypes, name: "create" | "delete"): ResourceTypes =>
  Object.fromEntries(
    Object.entries(kinds).map(([kind, each]) => [
      kind,
      {
        ...each,
        ...(name === "create"
          ? { create: doubled(each.create.bind(each)) }
          : { delete: doubled(each.delete.bind(each)) }),
      },
    ]),
  );

const doubled =
  <C, T>(call: (given: C) => Promise<T>) =>
  async (given: C): Promise<T> => {
    await call(given);
    return call(given);
  };
