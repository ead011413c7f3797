import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { bootSecretPath } from "@machinist/cloud-init";
import type { Data } from "@machinist/core";
import { describe, expect, test } from "vitest";
import { type DriverWorld, driverWorld, failing, owner } from "./driver-world.ts";
import { clock } from "./lab.ts";

async function create(world: DriverWorld, names: readonly string[], seen: { [id: string]: Data }, more: Data = {}) {
  const kind = world.driver.resourceTypes["digitalocean.droplet"]!;
  return Promise.allSettled(
    names.map(async (name) => {
      const resource = (await world.plan(name, more)).at(-1)!;
      return kind.create(world.call(resource, owner(`droplet-${name}`), seen));
    }),
  );
}
/** The names of the fleet's tag and of its firewall's. */
const oursIn = (seen: { [id: string]: Data }): string[] =>
  Object.entries(seen).flatMap(([id, state]) => (/\/(members|access-)/.test(id) ? [String(state.id)] : []));
const names = (count: number) => Array.from({ length: count }, (_, index) => `web-${index + 1}`);

describe("droplets", () => {
  test("are asked for ten at a time, share a boot secret, and are told apart by name", async () => {
    const world = await driverWorld();
    const made = await create(world, names(25), await world.shared());
    expect(made.filter(({ status }) => status === "rejected")).toEqual([]);
    expect(world.lab.calls.get("droplets_create")).toBe(3);
    const ids = made.map((each) => (each.status === "fulfilled" ? Number(each.value.id) : 0));
    expect(new Set(ids).size).toBe(25);
    for (const [index, id] of ids.entries())
      expect(world.lab.world.droplets.get(String(id))?.name).toBe(
        `web-${index + 1}.${owner(`droplet-web-${index + 1}`)}`,
      );
    const secrets = await Promise.all(
      names(25).map((name) => readFile(bootSecretPath(join(world.folder, name)), "utf8")),
    );
    expect(new Set(secrets).size).toBe(3);
    expect((await stat(bootSecretPath(join(world.folder, "web-1")))).mode & 0o777).toBe(0o600);
  });

  test("with other options go in requests of their own", async () => {
    const world = await driverWorld();
    const seen = await world.shared();
    await Promise.all([create(world, ["a", "b"], seen), create(world, ["c"], seen, { size: "s-1vcpu-2gb" })]);
    expect(world.lab.calls.get("droplets_create")).toBe(2);
    expect(
      world.lab.world.droplets
        .all()
        .map(({ size }) => size)
        .sort(),
    ).toEqual(["s-1vcpu-1gb", "s-1vcpu-1gb", "s-1vcpu-2gb"]);
  });

  test("that DigitalOcean leaves out of an answer fail alone, and may be asked for again", async () => {
    const world = await driverWorld();
    const seen = await world.shared();
    const { create: whole } = world.lab.droplets;
    world.lab.droplets.create = (asked) => whole.call(world.lab.droplets, { ...asked, names: asked.names!.slice(1) });
    const made = await create(world, ["a", "b", "c"], seen);
    expect(made.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
    expect(made[0]).toMatchObject({ reason: { code: "digitalocean.partial", retryable: true } });
  });

  test("that no longer fit into the account's limit are refused together, with a hint", async () => {
    const world = await driverWorld({ dropletLimit: 2 });
    const made = await create(world, ["a", "b", "c"], await world.shared());
    for (const each of made) expect(each).toMatchObject({ reason: { code: "digitalocean.quota", retryable: false } });
    expect(world.lab.world.droplets.all()).toEqual([]);
  });

  test("are not asked for with the hour's requests nearly spent; looks and deletes still pass", async () => {
    const world = await driverWorld();
    const seen = await world.shared();
    world.lab.limit.spend(world.lab.limit.remaining - 100);
    const kind = world.driver.resourceTypes["digitalocean.tag"]!;
    const [tag] = await world.plan("a");
    // The driver learns from each answer what is left.
    const state = await kind.read({ ...world.call(tag!, owner("tag"), seen), state: seen[tag!.id] });
    const [made] = await create(world, ["a"], seen);
    expect(made).toMatchObject({ reason: { code: "digitalocean.rate-limit", retryable: false } });
    await kind.delete({ ...world.call(tag!, owner("tag"), seen), state: state! });
    expect(world.lab.calls.has("droplets_create")).toBe(false);
    expect(world.lab.limit.refused).toBe(0);
  });

  test("of another account are not believed to be gone", async () => {
    const world = await driverWorld();
    const seen = await world.shared();
    const resource = (await world.plan("a")).at(-1)!;
    const call = world.call(resource, owner("droplet-a"), seen);
    const kind = world.driver.resourceTypes["digitalocean.droplet"]!;
    const state = { ...(await kind.create(call)), id: 1 };
    expect(await kind.read({ ...call, state })).toBeUndefined();
    const error = await failing(kind.read({ ...call, state: { ...state, account: "another" } }));
    expect(error.code).toBe("digitalocean.account");
  });

  test("that were renamed, or lost their tags, are still known by id, and tagged again", async () => {
    const world = await driverWorld();
    const seen = await world.shared();
    const resource = (await world.plan("a", { tags: ["blue"] })).at(-1)!;
    const call = world.call(resource, owner("droplet-a"), seen);
    const kind = world.driver.resourceTypes["digitalocean.droplet"]!;
    const state = await kind.create(call);
    await clock.sleep(10_000);
    world.lab.droplets.meddle(Number(state.id), { name: "renamed", tags: [] });
    const found = (await kind.read({ ...call, state }))!;
    expect(kind.drift!(found, resource.props)).toEqual(["tags"]);
    const mended = await kind.update!({ ...call, state: found, changed: ["tags"] });
    expect(kind.drift!(mended, resource.props)).toEqual([]);
    expect(world.lab.world.droplets.get(String(state.id))?.tags).toEqual([...oursIn(seen), "blue"]);
  });

  test("lose a tag that is asked for no more, but none that somebody else put there", async () => {
    const world = await driverWorld();
    const seen = await world.shared();
    const before = (await world.plan("a", { tags: ["blue", "prod"] })).at(-1)!;
    const after = (await world.plan("a", { tags: ["prod"] })).at(-1)!;
    const kind = world.driver.resourceTypes["digitalocean.droplet"]!;
    const call = world.call(before, owner("droplet-a"), seen);
    const { ownTags: _unknown, ...old } = await kind.create(call);
    await clock.sleep(10_000);
    const ours = oursIn(seen);
    world.lab.droplets.meddle(Number(old.id), { tags: [...ours, "blue", "prod", "theirs"] });
    // A record of a version that did not remember tags: what was declared then tells them.
    const found = (await kind.read({ ...call, state: old }))!;
    expect(kind.drift!(found, before.props)).toEqual([]);
    expect(kind.drift!(found, after.props)).toEqual(["tags"]);
    world.lab.world.tags.set("blue", 0, undefined); // and gone from the account meanwhile
    const mended = await kind.update!({ ...call, props: after.props, state: found, changed: ["tags"] });
    expect(world.lab.world.droplets.get(String(old.id))?.tags).toEqual([...ours, "blue", "prod", "theirs"]);
    world.lab.world.tags.set("blue", 0, "blue");
    const done = await kind.update!({ ...call, props: after.props, state: mended, changed: ["tags"] });
    expect(world.lab.world.droplets.get(String(old.id))?.tags).toEqual([...ours, "prod", "theirs"]);
    expect(kind.drift!(done, after.props)).toEqual([]);
  });

  test("get another name in one action, without a restart", async () => {
    const world = await driverWorld();
    const seen = await world.shared();
    const before = (await world.plan("a", {})).at(-1)!;
    const kind = world.driver.resourceTypes["digitalocean.droplet"]!;
    const call = world.call(before, owner("droplet-a"), seen);
    const state = await kind.create(call);
    await clock.sleep(10_000);
    expect(kind.requiresReplace).not.toContain("name");
    const renamed = { ...call, props: { ...before.props, name: "b" }, state, changed: ["name"] };
    for (let again = 0; again < 2; again++) await kind.update!(renamed);
    expect(world.lab.world.droplets.get(String(state.id))).toMatchObject({
      name: `b.${owner("droplet-a")}`,
      status: "active",
    });
    expect(world.lab.calls.get("dropletActions_post")).toBe(1);
  });

  test.each<[string, Data, string]>([
    ["a smaller disk", { size: "s-1vcpu-1gb" }, "digitalocean.disk-shrink"],
    ["an unknown size", { size: "s-99" }, "digitalocean.size"],
    ["a size of another region", { size: "g-2vcpu-8gb" }, "digitalocean.size"],
  ])("cannot be resized to %s, which is told before anything is done", async (_what, more, code) => {
    const world = await driverWorld();
    const seen = await world.shared();
    const before = (await world.plan("a", { size: "s-2vcpu-2gb" })).at(-1)!;
    const kind = world.driver.resourceTypes["digitalocean.droplet"]!;
    const call = world.call(before, owner("droplet-a"), seen);
    const state = await kind.create(call);
    const { props } = (await world.plan("a", more)).at(-1)!;
    const error = await failing(kind.check!({ ...call, props, state, changed: ["size"] }));
    expect(error).toMatchObject({ code, hint: expect.stringMatching(/s-2vcpu-2gb/) });
    expect(world.lab.calls.has("dropletActions_post")).toBe(false);
  });

  test("whose resize fails run again", async () => {
    const world = await driverWorld();
    const seen = await world.shared();
    const resource = (await world.plan("a")).at(-1)!;
    const kind = world.driver.resourceTypes["digitalocean.droplet"]!;
    const call = world.call(resource, owner("droplet-a"), seen);
    const state = await kind.create(call);
    await clock.sleep(10_000);
    // Sold out after it was looked at.
    const { props } = (await world.plan("a", { size: "s-99" })).at(-1)!;
    const error = await failing(kind.update!({ ...call, props, state, changed: ["size"] }));
    expect(error.code).toBe("digitalocean.refused");
    expect(world.lab.world.droplets.get(String(state.id))?.status).toBe("active");
  });

  test("that do not shut down when they are asked to have their power cut after a minute", async () => {
    const world = await driverWorld();
    const seen = await world.shared();
    const [made] = await create(world, ["a"], seen);
    const state = (made as PromiseFulfilledResult<Data>).value;
    await clock.sleep(10_000);
    world.lab.droplets.deaf.add(`a.${owner("droplet-a")}`);
    const call = { machine: "a", states: { "a/droplet": state }, signal: new AbortController().signal, log: () => {} };
    const begun = clock.now();
    await world.driver.power!.stop!(call);
    expect(clock.now() - begun).toBeGreaterThan(60_000);
    expect(await world.driver.status!(call)).toBe("stopped");
    expect(world.lab.calls.get("dropletActions_post")).toBe(2);
  });

  test("have their private address told where the fleet wants it", async () => {
    const world = await driverWorld();
    const options = { "private-networking": true, "ssh-port": 2222, "ssh-user": "admin" };
    const seen = await world.shared("a", options);
    const resource = (await world.plan("a", options)).at(-1)!;
    const call = world.call(resource, owner("droplet-a"), seen);
    const kind = world.driver.resourceTypes["digitalocean.droplet"]!;
    const first = await kind.create(call);
    expect(world.driver.endpoint!("a", { "a/droplet": first })).toBeUndefined();
    await clock.sleep(10_000);
    const state = (await kind.read({ ...call, state: first }))!;
    expect(world.driver.endpoint!("a", { "a/droplet": state })).toEqual({
      host: expect.stringMatching(/^198\.18\./),
      privateHost: expect.stringMatching(/^10\.100\./),
      port: 2222,
      user: "admin",
      bootSecret: bootSecretPath(join(world.folder, "a")),
    });
  });
});

describe("prices", () => {
  test("are what the list of sizes says, asked for once however many machines", async () => {
    const world = await driverWorld();
    const { signal } = new AbortController();
    const prices = await Promise.all(names(50).map(() => world.driver.price!(world.options(), signal)));
    expect(prices[49]).toMatchObject({ hourly: 6 / 672, monthly: 6, currency: "USD", asOf: expect.any(String) });
    expect(await world.driver.price!(world.options({ size: "s-9000vcpu" }), signal)).toBeUndefined();
    expect(world.lab.calls.get("sizes_list")).toBe(1);
  });
});
