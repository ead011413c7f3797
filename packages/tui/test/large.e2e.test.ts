import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { LargeScene, walk } from "./large-scene.ts";
import { cpuSeconds, hasScript, memoryOf, type PseudoTerminal } from "./pseudo-terminal.ts";

const lack = hasScript ? undefined : "there is no script (util-linux) here to make a terminal";

/**
 * Work, not time: seconds of a processor, pictures and bytes are the same on a busy computer. How long a person waits is
 * in large.figures.ts, for `pnpm bench`.
 */
const limits = {
  startSeconds: 1,
  keySeconds: 0.03,
  framesPerKey: 2,
  // Less than the 24000 characters of the whole screen, though every third key turns a page of it.
  bytesPerKey: 16_000,
  idleShare: 0.1,
  eventsSeconds: 0.15,
  framesPerMinute: 5,
  memoryMb: 150,
};

describeUnless(lack, "200 machines, 20 of them out of reach", () => {
  let scene: LargeScene;
  let terminal: PseudoTerminal;

  beforeAll(async () => {
    scene = await LargeScene.make();
  });
  afterAll(async () => {
    await terminal?.end();
    scene?.close();
  });

  test("the first picture comes before all machines have answered, for little work", async () => {
    terminal = scene.open(300, 80);
    await terminal.sees("200 machines");
    const [used, { frames }] = [cpuSeconds(terminal.pid), terminal];
    console.info(`list of 200 after ${used.toFixed(2)} s of a core, ${frames} pictures`);
    expect(terminal.text).not.toContain("20 unreachable");
    expect(used).toBeLessThanOrEqual(limits.startSeconds);
  });

  test("keys are answered from the first moment on, each with one picture of what is new", async () => {
    const presses = 304;
    const before = { cpu: cpuSeconds(terminal.pid), frames: terminal.frames, bytes: terminal.bytes };
    for (let press = 0; press < presses; press++) await terminal.answers(walk[press % walk.length]!);
    const [cpu, frames, bytes] = [
      (cpuSeconds(terminal.pid) - before.cpu) / presses,
      (terminal.frames - before.frames) / presses,
      (terminal.bytes - before.bytes) / presses,
    ];
    console.info(
      `a key at 300x80: ${(cpu * 1000).toFixed(1)} ms of a core, ${frames.toFixed(2)} pictures, ${bytes.toFixed(0)} bytes`,
    );
    expect(cpu).toBeLessThanOrEqual(limits.keySeconds);
    expect(frames).toBeLessThanOrEqual(limits.framesPerKey);
    expect(bytes).toBeLessThanOrEqual(limits.bytesPerKey);
  });

  test("at rest it takes little of a core, and draws only what is new", async () => {
    await terminal.end();
    // What the one before has asked is no longer counted with what this one asks.
    await expect.poll(() => scene.silent.recount(), { message: "its connections are closed" }).toBe(0);
    terminal = scene.open();
    await terminal.sees("20 unreachable");
    // Rest begins when nothing was drawn for a while.
    let drawn = -1;
    const isDrawing = () => {
      const before = drawn;
      drawn = terminal.bytes;
      return drawn !== before;
    };
    await expect.poll(isDrawing, { interval: 5000, message: "all that is known is drawn" }).toBe(false);
    const { pid } = terminal;
    const [cpu, bytes, began] = [cpuSeconds(pid), terminal.bytes, performance.now()];
    await wait(20_000);
    const used = (cpuSeconds(pid) - cpu) / ((performance.now() - began) / 1000);
    console.info(`at rest ${(used * 100).toFixed(1)} % of a core, ${terminal.bytes - bytes} bytes drawn in 20 s`);
    expect(used).toBeLessThanOrEqual(limits.idleShare);
    expect(terminal.bytes - bytes).toBe(0);
    expect(scene.silent.most()).toBeLessThanOrEqual(20);
  });

  test("an hour of events does not fill the memory, and keys are answered meanwhile", async () => {
    const events = join(scene.store.folder, "events.jsonl");
    const [cpu, { frames }] = [cpuSeconds(terminal.pid), terminal];
    const minutes = 60;
    for (let minute = 0; minute < minutes; minute++) {
      const lines = Array.from({ length: 600 }, (_, index) => {
        const id = `node-${(index % 20) + 1}/instance`;
        const status = index % 2 === 0 ? "reading" : "unchanged";
        return JSON.stringify({
          at: Date.now(),
          run: "replayed",
          type: "resource",
          id,
          kind: "simulated.machine",
          status,
        });
      });
      appendFileSync(events, `${lines.join("\n")}\n`);
      await terminal.answers(minute % 2 === 0 ? "j" : "k");
      await wait(200);
    }
    await wait(2000);
    const { now, most } = memoryOf(terminal.pid);
    const used = (cpuSeconds(terminal.pid) - cpu) / minutes;
    const drawn = (terminal.frames - frames) / minutes;
    console.info(
      `after 36000 events ${now.toFixed(0)} MB, at most ${most.toFixed(0)} MB; 600 events and a key: ${(used * 1000).toFixed(0)} ms of a core, ${drawn.toFixed(1)} pictures`,
    );
    expect(most).toBeLessThanOrEqual(limits.memoryMb);
    expect(used).toBeLessThanOrEqual(limits.eventsSeconds);
    expect(drawn).toBeLessThanOrEqual(limits.framesPerMinute);
  });
});
