import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FleetSpec } from "@machinist/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodePlan, encodePlan, type Machinist, type SavedPlan } from "../src/index.ts";
import { fleet, machine, world } from "./world.ts";

const origin = { manifests: ["/home/me/machines.yaml"], machinist: "1.2.3", now: 0 };

/** A plan as it comes back from a file. */
async function saved(machinist: Machinist, spec: FleetSpec): Promise<SavedPlan> {
  return decodePlan(encodePlan(await machinist.plan(spec), origin), "plan.json");
}

/** The provider's objects, one file each. */
async function object(path: string, machine: string): Promise<string> {
  const folder = join(path, "cache", "simulated");
  const names = await readdir(folder);
  const found = await Promise.all(
    names.map(async (name) => ({ name, text: await readFile(join(folder, name), "utf8") })),
  );
  const record = JSON.parse(await readFile(join(path, "machines", machine, "record.json"), "utf8"));
  const id = record.resources[`${machine}/instance`].state.id;
  return join(folder, found.find(({ name }) => name === `${id}.json`)!.name);
}

describe("a saved plan", () => {
  const before = fleet([machine("a-1"), machine("a-2"), machine("a-3")]);
  const after = fleet([machine("a-1", { size: "big" }), machine("a-2", { image: "other" }), machine("b-1")]);

  test("is done as it says, replacements and removals included", async () => {
    const { machinist } = await world();
    await machinist.up(before).result;
    const plan = await saved(machinist, after);
    const outcome = await machinist.up(after, { plan, prune: false }).result;
    expect(outcome.machines.map((each) => [each.name, each.result])).toEqual([
      ["a-1", "changed"],
      ["a-2", "changed"],
      ["b-1", "created"],
      ["a-3", "removed"],
    ]);
    // It was about what was there before it.
    await expect(machinist.up(after, { plan }).result).rejects.toMatchObject({ code: "plan.stale" });
  });

  test("of nothing to do does nothing", async () => {
    const { machinist } = await world();
    await machinist.up(before).result;
    expect((await machinist.up(before, { plan: await saved(machinist, before) }).result).changed).toBe(0);
  });

  test.each<[string, (stage: { machinist: Machinist; path: string }) => Promise<FleetSpec | undefined>, string]>([
    ["the manifest", async () => fleet([...after.machines, machine("c-1")]), "the manifest, or a variable"],
    [
      "a record",
      async ({ machinist }) => {
        await machinist.remove(["a-1"]).result;
        return undefined;
      },
      "the record of a-1 changed",
    ],
    [
      "what is at the provider",
      async ({ path }) => {
        const file = await object(path, "a-2");
        const was = JSON.parse(await readFile(file, "utf8"));
        await writeFile(file, JSON.stringify({ ...was, props: { ...was.props, size: "huge" } }));
        return undefined;
      },
      "a-2/instance is not as it was seen",
    ],
    ["the fleet", async () => ({ ...after, name: "other" }), "it is of fleet demo, the manifest of other"],
  ])("is refused, before anything is done, once %s is another", async (_, change, told) => {
    const stage = await world();
    const { machinist, path } = stage;
    await machinist.up(before).result;
    const plan = await saved(machinist, after);
    const spec = (await change(stage)) ?? after;
    const objects = await readdir(join(path, "cache", "simulated"));
    const failure = await machinist.up(spec, { plan }).result.catch((error) => error);
    expect(failure).toMatchObject({ code: "plan.stale", hint: expect.stringContaining("machinist plan --out") });
    expect(failure.message).toContain(told);
    expect(await readdir(join(path, "cache", "simulated"))).toEqual(objects);
    expect(await readdir(join(path, "machines"))).not.toContain("b-1");
  });

  test("that was killed halfway is finished by up, not by the plan", async () => {
    const { machinist } = await world();
    const half = fleet([machine("a-1"), machine("a-2", { fail: true })]);
    const plan = await saved(machinist, half);
    expect((await machinist.up(half, { plan }).result).ok).toBe(false);
    await expect(machinist.up(half, { plan }).result).rejects.toMatchObject({ code: "plan.stale" });
  });

  test("that leaves open what would be done is not saved", async () => {
    const { machinist } = await world();
    await machinist.up(before).result;
    const plan = await machinist.plan(after);
    for (const more of [{ action: "unknown", reason: "no answer" }, { refused: "it cannot" }] as const) {
      const changes = [{ ...plan.changes[0]!, ...more }];
      expect(() => encodePlan({ ...plan, changes }, origin)).toThrowError(
        expect.objectContaining({ code: "plan.incomplete", hint: expect.stringContaining("Nothing was saved") }),
      );
    }
  });

  test("holds no secret of the manifest", async () => {
    const { machinist } = await world();
    const engine = { env: { HTTP_PROXY: "http://me:hunter2@proxy" }, logOptions: { "splunk-token": "hunter2" } };
    const spec = { ...before, machines: before.machines.map((each) => ({ ...each, engine })) };
    expect(encodePlan(await machinist.plan(spec), origin)).not.toContain("hunter2");
  });

  test("whatever else a file holds is refused with a hint, and never more than that", () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((text) => `{"format":"machinist.plan/1","plan":${text}}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(() => decodePlan(text, "x")).toThrowError(
          expect.objectContaining({ code: "plan.unreadable", hint: expect.any(String) }),
        );
      }),
    );
    expect(() => decodePlan('{"format":"machinist.plan/2"}', "x")).toThrowError(
      expect.objectContaining({ code: "plan.format" }),
    );
  });
});

test("a plan has the price of each machine now and then, and null where it is not known", async () => {
  const { machinist } = await world();
  await machinist.up(fleet([machine("a-1"), machine("a-2")])).result;
  const spec = fleet([machine("a-1", { size: "big" }), machine("b-1", { size: "odd" })]);
  const { prices } = await machinist.plan(spec);
  expect(prices).toMatchObject([
    { machine: "a-1", driver: "simulated", before: { hourly: 0.01 }, after: { hourly: 0.04, source: "made up" } },
    { machine: "b-1", after: null },
    { machine: "a-2", before: { hourly: 0.01 } },
  ]);
});

test("a plan tells which certificates end within 30 days", async () => {
  const { machinist, path } = await world();
  const { createCertificates } = await import("@machinist/provision");
  const certificates = createCertificates({ folder: join(path, "certs") });
  await certificates.client();
  const spec = fleet([machine("a-1")]);
  expect((await machinist.plan(spec)).certificates).toEqual([]);
  const real = Date.now;
  Date.now = () => real() + 1060 * 86_400_000;
  try {
    expect((await machinist.plan(spec)).certificates).toMatchObject([
      { of: "ca", days: 19 },
      { of: "client", days: 19 },
    ]);
  } finally {
    Date.now = real;
  }
  // Two RSA keys are made for it.
});
