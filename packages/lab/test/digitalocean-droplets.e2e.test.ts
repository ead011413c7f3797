import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { type CloudHosts, cloudUnavailable, openCloudHosts } from "../src/index.ts";
import { type DigitalOceanWorld, digitalOceanWorld } from "./digitalocean-world.ts";

const reason = cloudUnavailable();

describeUnless(reason, "droplets that are real hosts", () => {
  let hosts: CloudHosts;
  let world: DigitalOceanWorld;
  beforeAll(async () => {
    hosts = await openCloudHosts();
    world = await digitalOceanWorld({ hosts });
  });
  afterAll(async () => {
    await world?.[Symbol.asyncDispose]();
    await hosts?.dispose();
  });

  test("one is created, proves its key, answers `docker info` over TLS, is stopped, started and removed", async () => {
    const { lab, machinist, options } = world;
    const begun = performance.now();
    const created = await machinist.create([{ name: "box", driver: "digitalocean", options }]).result;
    expect(created.failures).toEqual([]);
    console.log(`created after ${Math.round(performance.now() - begun)} ms: ${lab.inventory().join("; ")}`);
    const { url, endpoint, folder } = await machinist.info("box");
    expect(url).toBe(`tcp://${endpoint?.host}:2376`);
    // Its key was proved with the boot secret, which is spent.
    expect(readFileSync(join(folder, "known_hosts"), "utf8")).toContain("ssh-ed25519");
    expect(() => readFileSync(endpoint!.bootSecret!)).toThrow("ENOENT");
    const engine = await machinist.engine("box");
    const info = await engine.request<{ Name: string; OperatingSystem: string }>("GET", "/info");
    expect(info).toMatchObject({ Name: "box", OperatingSystem: expect.stringContaining("Debian") });

    expect((await machinist.power("stop", ["box"]).result).failures).toEqual([]);
    expect(await machinist.status("box")).toBe("stopped");
    expect((await machinist.power("start", ["box"]).result).failures).toEqual([]);
    expect(await machinist.status("box")).toBe("running");

    const removed = await machinist.remove(["box"]).result;
    expect(removed.failures).toEqual([]);
    expect(lab.inventory()).toEqual([]);
    const { orphans, failures } = await machinist.orphans({ drivers: [{ driver: "digitalocean", options }] });
    expect({ orphans, failures }).toEqual({ orphans: [], failures: [] });
    expect(lab.droplets.failures).toEqual([]);
    expect(lab.faults).toEqual([]);
  });

  test("three asked for at once share boot secrets, prove each its own key, and have Docker", async () => {
    const { lab, machinist } = world;
    const before = lab.calls.get("droplets_create") ?? 0;
    const spec = world.fleet(3, {}, {});
    expect((await machinist.up(spec).result).failures).toEqual([]);
    // On a busy computer the last may come too late for the first request; two share one all the same.
    expect((lab.calls.get("droplets_create") ?? 0) - before).toBeLessThanOrEqual(2);
    const keys = new Set<string>();
    for (const { name } of spec.machines) {
      const { folder } = await machinist.info(name);
      keys.add(readFileSync(join(folder, "known_hosts"), "utf8").split(" ").slice(-1)[0]!);
      const info = await (await machinist.engine(name)).request<{ Name: string }>("GET", "/info");
      expect(info.Name).toBe(name);
    }
    expect(keys.size).toBe(3);
    expect((await machinist.down("demo").result).failures).toEqual([]);
    expect(lab.inventory()).toEqual([]);
    expect(lab.faults).toEqual([]);
  });
});
