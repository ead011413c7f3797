import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../../test/skipped.ts";
import { EngineHosts } from "./engine-hosts.ts";

const reason = unavailable();

describeUnless(reason, "a real host that is renamed", () => {
  let world: EngineHosts;
  beforeAll(async () => {
    world = await EngineHosts.start(1);
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  test("bears the new name, is reached under it, and its container runs on", async () => {
    const { machinist } = world;
    const [spec] = world.fleet({}).machines;
    const request = { name: "web", driver: "generic", options: spec!.options, context: true };
    expect((await machinist.create([request]).result).failures).toEqual([]);
    await world.runSleeper("m1");
    const { containers } = await world.alive();
    expect(await world.sh("m1", "hostname")).toBe("web");

    const outcome = await machinist.rename("web", "shop").result;
    expect(outcome.failures).toEqual([]);
    expect(await world.sh("m1", "hostname")).toBe("shop");
    // Docker itself is restarted for its new certificate.
    expect((await world.alive()).containers).toEqual(containers);
    expect(await machinist.names()).toEqual(["shop"]);
    const engine = await machinist.engine("shop");
    expect(await engine.request("GET", "/info")).toMatchObject({ Name: "shop" });
    const contexts = join(world.storePath, "..", ".docker", "contexts", "meta");
    expect(await readdir(contexts)).toHaveLength(1);
    // Nothing is left to do.
    expect((await machinist.provision(["shop"]).result).failures).toEqual([]);
    expect((await machinist.rename("shop", "web").result).failures).toEqual([]);
    expect((await world.alive()).containers).toEqual(containers);
    expect((await machinist.remove(["web"]).result).failures).toEqual([]);
    expect(await readdir(contexts)).toEqual([]);
  });
});
