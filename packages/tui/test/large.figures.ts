import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, test } from "vitest";
import { median, spread } from "../../../scripts/bench/table.mjs";
import { figure } from "../../../test/repository/figure.ts";
import { describeUnless } from "../../../test/skipped.ts";
import { LargeScene, walk } from "./large-scene.ts";
import { cpuSeconds, hasScript, type PseudoTerminal } from "./pseudo-terminal.ts";

const lack = hasScript ? undefined : "there is no script (util-linux) here to make a terminal";

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const share = (values: readonly number[], part: number) => sorted(values)[Math.floor((values.length - 1) * part)]!;
const whole = (value: number) => value.toFixed(0);

/** What a person feels: they are figures of a computer at rest, and no tests. */
describeUnless(lack, "the dashboard of 200 machines", () => {
  let scene: LargeScene;
  let terminal: PseudoTerminal | undefined;
  beforeAll(async () => {
    scene = await LargeScene.make();
  });
  afterAll(async () => {
    await terminal?.end();
    scene?.close();
  });

  test("the first picture", async () => {
    const lists: number[] = [];
    for (let run = 0; run < 5; run++) {
      const one = scene.open();
      lists.push(await one.sees("200 machines"));
      one.write("q");
      await one.ended;
    }
    const what = "dashboard, list of 200 machines";
    figure({ what, value: median(lists), limit: 500, unit: "ms", beside: spread(lists, whole) });
  });

  test("keys", async () => {
    terminal = scene.open(300, 80);
    await terminal.sees("200 machines");
    const times: number[] = [];
    for (let press = 0; press < 304; press++) {
      times.push(await terminal.answers(walk[press % walk.length]!));
      // As fast as somebody who holds a key down.
      await wait(20);
    }
    const beside = `median ${median(times).toFixed(1)} ms, at 300x80`;
    figure({ what: "dashboard, key to picture, p99", value: share(times, 0.99), limit: 50, unit: "ms", beside });
  });

  test("at rest", async () => {
    await terminal?.end();
    terminal = scene.open();
    await terminal.sees("20 unreachable");
    await wait(5000);
    const [before, began] = [cpuSeconds(terminal.pid), performance.now()];
    await wait(20_000);
    const used = (cpuSeconds(terminal.pid) - before) / ((performance.now() - began) / 1000);
    figure({ what: "dashboard at rest, cores", value: used, limit: 0.1, unit: "x" });
  });
});
