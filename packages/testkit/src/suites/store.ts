import { randomBytes } from "node:crypto";
import { newRecord, type ScopeRecord, type Store } from "@machinist/core";
import { describe, expect } from "vitest";
import { Cases, type Reasons } from "./cases.ts";

export interface StoreSuite {
  readonly name: string;
  /** Another view of the same store each time, as other processes have it. */
  readonly open: () => Promise<Store>;
  /** Cases that cannot hold, by name, with the reason. */
  readonly notApplicable?: Reasons;
}

/** The contract of stores, as tests. The store may hold other things; what a case makes it removes. */
export function testStore(suite: StoreSuite): void {
  describe(`store ${suite.name}`, () => {
    const cases = new Cases(suite.name, suite);
    const name = () => `s${randomBytes(5).toString("hex")}`;

    cases.add("a record comes back as it was saved, also for others", undefined, async () => {
      for (const scope of [name(), `@${name()}`]) {
        const [one, other] = [await suite.open(), await suite.open()];
        expect(await one.load(scope)).toBeUndefined();
        const record = filled(scope);
        await one.save(record);
        expect(await other.load(scope)).toEqual(record);
        expect(await other.list()).toContain(scope);
        await other.remove(scope);
        expect(await one.load(scope)).toBeUndefined();
        expect(await one.list()).not.toContain(scope);
      }
    });

    cases.add("what is saved is what it was when saving began", undefined, async () => {
      const store = await suite.open();
      const record = filled(name());
      const saving = store.save(record);
      record.lastGeneration = 99;
      await saving;
      expect((await store.load(record.scope))?.lastGeneration).toBe(3);
      await store.remove(record.scope);
    });

    cases.add("what was loaded is one's own: changing it changes no record", undefined, async () => {
      const store = await suite.open();
      const record = filled(name());
      await store.save(record);
      const loaded = await store.load(record.scope);
      if (loaded) loaded.resources = {};
      expect(await store.load(record.scope)).toEqual(record);
      await store.remove(record.scope);
    });

    cases.add("the last save wins, and a reader never sees a mixture", undefined, async () => {
      const store = await suite.open();
      const scope = name();
      await store.save(numbered(scope, 0));
      const reads: Promise<ScopeRecord | undefined>[] = [];
      for (let number = 1; number <= 20; number++) {
        reads.push(store.load(scope));
        await store.save(numbered(scope, number));
      }
      for (const read of await Promise.all(reads))
        expect(Object.keys(read?.resources ?? {})).toHaveLength(read?.lastGeneration ?? -1);
      expect((await store.load(scope))?.lastGeneration).toBe(20);
      await store.remove(scope);
    });

    cases.add("a list is sorted, and removing what is not there is success", undefined, async () => {
      const store = await suite.open();
      const scopes = [name(), `@${name()}`, name()];
      for (const scope of scopes) await store.save(filled(scope));
      const listed = await store.list();
      expect(listed).toEqual([...listed].sort());
      expect(listed.filter((each) => scopes.includes(each)).sort()).toEqual([...scopes].sort());
      for (const scope of [...scopes, ...scopes]) await store.remove(scope);
    });

    cases.add("a lock is refused while it is held, and free when released", undefined, async () => {
      const [one, other] = [await suite.open(), await suite.open()];
      const scope = name();
      const held = await one.lock(scope);
      await expect(other.lock(scope)).rejects.toMatchObject({ code: "store.locked" });
      await (await other.lock(name())).release();
      const waiting = other.lock(scope, { waitMs: 60_000 });
      // Here and below: where it is not waited for yet by then, the wait is short or none, and ends the same.
      setTimeout(() => held.release(), 20);
      await (await waiting).release();
    });

    cases.add("waiting for a lock can be cancelled", undefined, async () => {
      const [one, other] = [await suite.open(), await suite.open()];
      const scope = name();
      const held = await one.lock(scope);
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 20);
      const waiting = other.lock(scope, { waitMs: 60_000, signal: controller.signal });
      await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
      await held.release();
    });

    cases.close();
  });
}

function filled(scope: string): ScopeRecord {
  const intent = { driver: "d", options: { list: [1, "ü"] }, engine: false as const, createdAt: 1 };
  const record = newRecord(scope, "f", intent, ["@f/x"]);
  const id = `${scope}/thing`;
  const thing = { id, kind: "k", props: { deep: { null: null } }, parents: ["@f/x"], after: [`${scope}/y`] };
  const resources = { [id]: { ...thing, generation: 3, status: "created" as const, intentAt: 5, state: { up: true } } };
  return { ...record, lastGeneration: 3, resources };
}

function numbered(scope: string, number: number): ScopeRecord {
  const record = newRecord(scope, "f");
  record.lastGeneration = number;
  for (let index = 0; index < number; index++) {
    const id = `${scope}/thing-${index}`;
    record.resources[id] = { id, kind: "k", props: {}, parents: [], generation: 1, status: "created", intentAt: 0 };
  }
  return record;
}
