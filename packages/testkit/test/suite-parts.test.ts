import type { OptionsSchema, ResourceType } from "@machinist/core";
import { describe, expect, test } from "vitest";
import { Cases } from "../src/suites/cases.ts";
import { CrashPoint, crashable } from "../src/suites/crash-point.ts";
import { Harness } from "../src/suites/harness.ts";
import { schemaFaults } from "../src/suites/schema.ts";

const schema = (properties: OptionsSchema["properties"], required: string[] = []): OptionsSchema => ({
  type: "object",
  additionalProperties: false,
  properties,
  required,
});

test.each<[string, OptionsSchema, RegExp]>([
  [
    "a credential",
    schema({ "api-token": { type: "string", description: "Token of the API" } }),
    /looks like a credential/,
  ],
  ["no description", schema({ size: { type: "string", description: "" } }), /no description/],
  [
    "a default of another type",
    schema({ size: { type: "integer", description: "How big", default: "1" } }),
    /is no integer/,
  ],
  [
    "a default out of range",
    schema({ size: { type: "integer", description: "How big", default: 0, minimum: 1 } }),
    /below/,
  ],
  [
    "a default not in the list",
    schema({ a: { type: "string", description: "Which one", default: "x", enum: ["y"] } }),
    /among/,
  ],
  [
    "a required option with a default",
    schema({ a: { type: "string", description: "Which one", default: "x" } }, ["a"]),
    /required/,
  ],
  ["a required option that is none", schema({}, ["a"]), /has no schema/],
  ["a list of anything", schema({ many: { type: "array", description: "Several of them" } }), /what its items are/],
  ["camelCase", schema({ bigSize: { type: "string", description: "How big" } }), /kebab-case/],
])("a schema with %s is faulty", (_name, faulty, why) => {
  expect(schemaFaults(faulty)).toEqual([expect.stringMatching(why)]);
});

describe("a case that cannot hold", () => {
  const cases = new Cases("parts", { notApplicable: { "what cannot be": "an example" } });
  const ran = async () => {
    throw new Error("it was run all the same");
  };
  cases.add("what cannot be", undefined, ran);
  cases.add("what has nothing to look at", "another example", ran);
  cases.add("what can be", undefined, async () => {});
  cases.close();

  test("is skipped with a note and a mark that say so", ({ task }) => {
    const seen = task.suite?.tasks.map(({ name, result, meta }) => [
      name,
      result && "note" in result ? result.note : undefined,
      meta.notApplicable,
    ]);
    expect(seen?.slice(0, 4)).toEqual([
      ["parts: what cannot be", "not applicable: an example", "an example"],
      ["parts: what has nothing to look at", "not applicable: another example", "another example"],
      ["parts: what can be", undefined, undefined],
      ["parts: every case that is not applicable is one", undefined, undefined],
    ]);
  });
});

describe("a kind in a process that dies", () => {
  /** Makes things that nobody can find again by their mark: the mistake that the suites are for. */
  function forgetful() {
    const things = new Set<string>();
    const kind: ResourceType = {
      read: async ({ state }) => (state && things.has(String(state.id)) ? state : undefined),
      create: async () => {
        const id = `t${things.size}`;
        things.add(id);
        return { id };
      },
      delete: async ({ state }) => {
        things.delete(String(state.id));
      },
    };
    return { things, kind };
  }

  test("leaves an orphan behind at one of its steps, if it forgets the mark", async () => {
    const orphans: number[] = [];
    for (let at = 1; at <= 12; at++) {
      const { things, kind } = forgetful();
      const subject = new Harness({ thing: kind });
      const wanted = [{ id: "m/thing", kind: "thing", props: {}, parents: [] }];
      await subject.run(wanted, { life: new CrashPoint(at) });
      await subject.settle([]);
      if (things.size > 0) orphans.push(at);
    }
    expect(orphans.length).toBeGreaterThan(0);
  });

  test("does nothing any more once it is dead", async () => {
    const { things, kind } = forgetful();
    const life = new CrashPoint(1);
    const create = crashable({ thing: kind }, life).thing?.create(
      new Harness({}).call({ id: "m/t", kind: "thing", props: {}, parents: [] }, "o"),
    );
    await expect(create).rejects.toThrow("killed");
    expect(things.size).toBe(0);
    expect(() => life.step()).toThrow("killed");
  });
});
