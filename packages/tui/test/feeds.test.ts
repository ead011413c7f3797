import { createLimit } from "@machinist/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Poll, type PollOptions } from "../src/feeds/poll.ts";
import { Canvas } from "../src/screen/canvas.ts";

describe("a poll", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const poll = (ask: PollOptions["ask"], more: Partial<PollOptions> = {}) => {
    const failures: string[] = [];
    const made = new Poll({
      everyMs: () => 1000,
      deadlineMs: 500,
      mostMs: 6000,
      limit: createLimit(1),
      ask,
      failed: ({ code }) => failures.push(code),
      ...more,
    });
    made.now();
    return { made, failures };
  };

  test("asks again after each answer, and never twice at once", async () => {
    let asking = 0;
    let most = 0;
    let asked = 0;
    const { made } = poll(async () => {
      asked++;
      most = Math.max(most, ++asking);
      await new Promise((resolve) => setTimeout(resolve, 200));
      asking--;
    });
    for (let step = 0; step < 20; step++) {
      made.now();
      await vi.advanceTimersByTimeAsync(50);
    }
    await vi.advanceTimersByTimeAsync(3000);
    expect(most).toBe(1);
    expect(asked).toBeGreaterThan(5);
    made.stop();
    const before = asked;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toBe(before);
  });

  test("gives up at its deadline even if nobody listens, and asks ever more seldom", async () => {
    const at: number[] = [];
    const { made, failures } = poll(() => {
      at.push(Date.now());
      return new Promise(() => {});
    });
    await vi.advanceTimersByTimeAsync(40_000);
    const pauses = at.slice(1).map((time, index) => time - at[index]! - 500);
    expect(pauses.slice(0, 5)).toEqual([2000, 4000, 6000, 6000, 6000]);
    expect(new Set(failures)).toEqual(new Set(["dashboard.late"]));
    made.stop();
  });

  test("one answer brings it back to its pace", async () => {
    let fail = true;
    let asked = 0;
    const { made } = poll(async () => {
      asked++;
      if (fail) throw new Error("no");
    });
    await vi.advanceTimersByTimeAsync(20_000);
    fail = false;
    made.now();
    await vi.advanceTimersByTimeAsync(1);
    asked = 0;
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked).toBe(5);
    made.stop();
  });
});

describe("the canvas", () => {
  test("writes only lines that differ, and nothing where none does", () => {
    const written: string[] = [];
    const canvas = new Canvas((text) => written.push(text));
    canvas.show(["aaaa", "bbbb", "cccc"], 4);
    canvas.show(["aaaa", "bbbb", "cccc"], 4);
    expect(written).toHaveLength(1);
    canvas.show(["aaaa", "b", "cccc"], 4);
    expect(written[1]).toBe("\x1b[?2026h\x1b[2;1Hb\x1b[0m\x1b[K\x1b[?2026l");
    canvas.show(["aaaaa", "b", "cccc"], 5);
    expect(written[2]).toContain("\x1b[2J");
    canvas.forget();
    canvas.show(["aaaaa", "b", "cccc"], 5);
    expect(written).toHaveLength(4);
  });
});
