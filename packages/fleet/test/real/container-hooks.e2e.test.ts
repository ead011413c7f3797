import { tmpdir } from "node:os";
import type { EventBody, HookSpec } from "@machinist/core";
import { unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../../test/skipped.ts";
import { EngineHosts } from "./engine-hosts.ts";

const reason = unavailable();

const hook = (name: string, seconds: string, timeoutMs = 60_000): HookSpec => ({
  ...{ name, on: ["engine.ready"], when: "after", retries: 0, onFailure: "warn", folder: tmpdir(), timeoutMs },
  action: { type: "container", image: "sleeper", command: ["/usr/bin/sleep", seconds], machine: "m1" },
});

describeUnless(reason, "hooks in containers of a real Docker", () => {
  let world: EngineHosts;
  beforeAll(async () => {
    world = await EngineHosts.start(1);
    expect((await world.machinist.up(world.fleet({})).result).failures).toEqual([]);
    await world.runSleeper("m1");
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  test("several of one event run, one that fails and one that hangs are told, and no container is left", async () => {
    const hooks = [hook("first", "0.1"), hook("second", "0.1"), hook("wrong", "often"), hook("hangs", "1000", 4000)];
    const events: EventBody[] = [];
    const run = world.machinist.up({ ...world.fleet({ labels: { tier: "b" } }), hooks });
    for await (const event of run) events.push(event);
    expect((await run.result).failures).toEqual([]);
    const warnings = events.flatMap((event) => (event.type === "log" && event.level === "warn" ? [event.message] : []));
    expect(warnings.filter((each) => /^Hook/.test(each)).map((each) => each.split(" ")[1])).toEqual(
      expect.arrayContaining(["wrong", "hangs"]),
    );
    expect(warnings.join("\n")).not.toMatch(/Hook (first|second)/);
    expect(await world.sh("m1", "docker ps -a --format '{{.Names}}'")).toBe("sleeper");
  });
});
