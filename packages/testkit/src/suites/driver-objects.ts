import { type OwnedResource, removeOwned } from "@machinist/core";
import { expect } from "vitest";
import type { Cases } from "./cases.ts";
import { type DriverBench, planMany } from "./driver-suite.ts";
import type { Harness } from "./harness.ts";
import { withDefaults } from "./schema.ts";

/** What a driver must know of orphans: all that carries one is listed, and can be removed by that list alone. */
export function addObjectCases(cases: Cases, bench: DriverBench): void {
  const { suite, driver, fleet } = bench;
  const lists = suite.module.create({ cacheDir: "/", machineDir: () => "/", env: {} }).listOwned !== undefined;
  const unfit = lists ? undefined : "it lists no objects of its own";
  const listed = async (subject: Harness): Promise<OwnedResource[]> => {
    const options = withDefaults(suite.module.options, suite.options);
    const all = await driver().listOwned!(options, new AbortController().signal);
    return all.filter(({ owner }) => subject.uids().some((uid) => owner.startsWith(`${uid}-`)));
  };

  cases.add("what carries its tags is listed, and nothing when all is removed", unfit, () =>
    fleet(async (subject) => {
      expect(await listed(subject)).toEqual([]);
      const wanted = await planMany(bench, subject, 2);
      await subject.settle(wanted);
      const objects = await listed(subject);
      expect(objects.length).toBeGreaterThan(0);
      expect(new Set(objects.map(({ owner }) => owner)).size, "each mark is listed once").toBe(objects.length);
      for (const { kind, fleet: of, label, state } of objects) {
        expect(Object.keys(driver().resourceTypes)).toContain(kind);
        expect(["", subject.fleet]).toContain(of);
        expect(label).not.toBe("");
        expect(JSON.parse(JSON.stringify(state)), "its state is plain data").toEqual(state);
      }
      await subject.settle([]);
      expect(await listed(subject)).toEqual([]);
    }),
  );

  cases.add("what no record knows any more is removed by the list alone", unfit, () =>
    fleet(async (subject) => {
      await subject.settle(await planMany(bench, subject, 2));
      const outcomes = await removeOwned({
        objects: await listed(subject),
        resourceTypes: driver().resourceTypes,
        emit: () => {},
        signal: new AbortController().signal,
        ...(suite.context?.clock ? { clock: suite.context.clock } : {}),
      });
      expect(outcomes.filter(({ change }) => change !== "deleted")).toEqual([]);
      expect(await listed(subject)).toEqual([]);
      const left = (await suite.leftovers?.({ fleet: subject.fleet, uids: subject.uids() })) ?? [];
      expect(left).toEqual([]);
    }),
  );
}
