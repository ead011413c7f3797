import { join } from "node:path";
import { openMachinist } from "@machinist/fleet";
import { unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../../test/skipped.ts";
import { EngineHosts } from "./engine-hosts.ts";

const reason = unavailable();

describeUnless(reason, "a real host that is handed over", () => {
  let world: EngineHosts;
  beforeAll(async () => {
    world = await EngineHosts.start(1);
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  test("takes the other store's certificates, its container runs on, and the first store knows it no more", async () => {
    const { machinist } = world;
    const [spec] = world.fleet({}).machines;
    const request = { name: "web", driver: "generic", options: spec!.options };
    expect((await machinist.create([request]).result).failures).toEqual([]);
    await world.runSleeper("m1");
    const { containers } = await world.alive();
    const passphrase = "correct horse battery";
    const { data } = await machinist.exportMachines(["web"], { passphrase });

    const env = { ...process.env, HOME: join(world.storePath, "..", "elsewhere") };
    await using theirs = await openMachinist({ storagePath: join(world.storePath, "..", "theirs"), env });
    expect(await theirs.importMachines(data, { passphrase })).toMatchObject({ fresh: ["web"] });
    expect((await theirs.provision(["web"]).result).failures).toEqual([]);
    const engine = await theirs.engine("web");
    expect(await engine.request("GET", "/info")).toMatchObject({ Name: "web" });
    expect((await world.alive()).containers).toEqual(containers);
    // Whoever had it is let in by SSH, and by Docker no more.
    const before = await machinist.engine("web");
    await expect(before.request("GET", "/info")).rejects.toMatchObject({ code: "docker.tls" });
    await machinist.forgetExported(["web"]);
    expect(await machinist.names()).toEqual([]);
    expect((await theirs.provision(["web"]).result).failures).toEqual([]);
    expect((await theirs.remove(["web"]).result).failures).toEqual([]);
  });
});
