import { FastClock } from "@machinist/testkit";
import { expect, test } from "vitest";
import { digitalOceanWorld } from "./digitalocean-world.ts";

const CREATING = ["tags_create", "sshKeys_create", "firewalls_create", "vpcs_create", "droplets_create"];

test("a hundred machines take 30 creating calls at most, and keep to the rate limit", async () => {
  // The whole is some minutes of DigitalOcean's time.
  await using world = await digitalOceanWorld({ clock: new FastClock(10), bootMs: 20_000 });
  const { lab, machinist } = world;
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 100);
  const before = process.memoryUsage().rss;
  const begun = performance.now();
  const made = await machinist.up(world.fleet(100)).result;
  const ms = Math.round(performance.now() - begun);
  clearInterval(watch);
  expect(made.failures).toEqual([]);
  const sum = (names: readonly string[]) => names.reduce((total, name) => total + (lab.calls.get(name) ?? 0), 0);
  const all = [...lab.calls.values()].reduce((total, calls) => total + calls, 0);
  const grown = Math.round((peak - before) / 2 ** 20);
  console.log(
    `100 droplets: ${sum(CREATING)} creating calls (${lab.calls.get("droplets_create")} of droplets), ${all} in all, ` +
      `at most ${lab.limit.busiestMinute} in a minute, ${grown} MiB more at the peak, ${ms} ms`,
  );
  expect(lab.calls.get("droplets_create")).toBeGreaterThanOrEqual(10);
  expect(sum(CREATING)).toBeLessThanOrEqual(30);
  expect(all).toBeLessThanOrEqual(80);
  expect(grown).toBeLessThanOrEqual(250);
  expect(lab.world.droplets.all()).toHaveLength(100);
  expect(new Set((await machinist.machines({ timeoutMs: 60_000 })).map(({ state }) => state))).toEqual(
    new Set(["running"]),
  );

  const asked = new Map(lab.calls);
  const plan = await machinist.plan(world.fleet(100));
  const looks = [...lab.calls].flatMap(([name, calls]) => {
    const more = calls - (asked.get(name) ?? 0);
    return more === 0 ? [] : [`${more} ${name}`];
  });
  console.log(`plan of 100 unchanged droplets: ${looks.join(", ")}`);
  expect(new Set(plan.changes.map(({ action }) => action))).toEqual(new Set(["none"]));
  expect(looks.every((look) => /^[12] /.test(look))).toBe(true);
  expect(plan.prices?.[0]?.after).toMatchObject({ monthly: 6, currency: "USD" });

  const gone = await machinist.down("demo").result;
  expect(gone.failures).toEqual([]);
  expect(lab.inventory()).toEqual([]);
  expect(lab.limit.refused).toBe(0);
  expect(lab.limit.busiestMinute).toBeLessThanOrEqual(250);
  expect(lab.faults).toEqual([]);
}, 120_000);

test("with the hour's requests nearly spent all can still be removed", async () => {
  await using world = await digitalOceanWorld({ clock: new FastClock(100) });
  const { lab, machinist } = world;
  expect((await machinist.up(world.fleet(12)).result).failures).toEqual([]);
  lab.limit.spend(lab.limit.remaining - 200);
  // The driver learns it from the next answer.
  await machinist.machines();
  const gone = await machinist.down("demo").result;
  expect(gone.failures).toEqual([]);
  expect(lab.inventory()).toEqual([]);
  expect(lab.limit.refused).toBe(0);
  expect(lab.faults).toEqual([]);
}, 120_000);
