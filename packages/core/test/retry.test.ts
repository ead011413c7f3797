import { backoffMs, MachinistError, retry } from "@machinist/core";
import { VirtualClock } from "@machinist/testkit";
import { expect, test } from "vitest";

const busy = (retryAfterMs?: number) =>
  new MachinistError("x.busy", "Busy", { retryable: true, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
const policy = { attempts: 4, baseMs: 100, capMs: 300 };

/** Fails so many times, then answers. */
function failing(times: number, error: () => Error) {
  const seen: number[] = [];
  const work = async (attempt: number) => {
    seen.push(attempt);
    if (seen.length <= times) throw error();
    return "done";
  };
  return { seen, work };
}

test("waits grow by two up to the cap, half of each by chance", () => {
  const waits = (random: number) => [1, 2, 3, 4].map((attempt) => backoffMs(policy, attempt, busy(), () => random));
  expect(waits(0)).toEqual([50, 100, 150, 150]);
  expect(waits(1)).toEqual([100, 200, 300, 300]);
});

test("never comes back sooner than the other side asked", () => {
  expect(backoffMs(policy, 1, busy(5000), () => 1)).toBe(5000);
  expect(backoffMs(policy, 3, busy(10), () => 1)).toBe(300);
});

test("tries until it succeeds, telling each wait", async () => {
  const clock = new VirtualClock(0);
  const { seen, work } = failing(2, busy);
  const waits: number[] = [];
  const options = { policy, clock, random: () => 1, onRetry: (_error: MachinistError, ms: number) => waits.push(ms) };
  expect(await retry(work, options)).toBe("done");
  expect(seen).toEqual([1, 2, 3]);
  expect(waits).toEqual([100, 200]);
  expect(clock.now()).toBe(300);
});

test("gives up with the last error when the tries are used up", async () => {
  const { seen, work } = failing(9, busy);
  await expect(retry(work, { policy, clock: new VirtualClock() })).rejects.toMatchObject({ code: "x.busy" });
  expect(seen).toHaveLength(4);
});

test("what will not pass is not tried again; what is no error of ours is a bug, with its cause", async () => {
  const cause = new TypeError("x is undefined");
  for (const error of [new MachinistError("x.refused", "No"), cause]) {
    const { seen, work } = failing(1, () => error);
    const code = error === cause ? "internal" : "x.refused";
    await expect(retry(work, { policy, clock: new VirtualClock() })).rejects.toMatchObject({ code });
    expect(seen).toHaveLength(1);
  }
  await expect(retry(failing(1, () => cause).work, { policy })).rejects.toMatchObject({ cause });
});

test("stops when cancelled, before a try and in a wait", async () => {
  const { seen, work } = failing(9, busy);
  const cancelled = { code: "cancelled" };
  await expect(retry(work, { signal: AbortSignal.abort() })).rejects.toMatchObject(cancelled);
  expect(seen).toEqual([]);
  const controller = new AbortController();
  const options = { policy, clock: new VirtualClock(), signal: controller.signal, onRetry: () => controller.abort() };
  await expect(retry(work, options)).rejects.toMatchObject(cancelled);
  const real = new AbortController();
  const slow = { ...policy, baseMs: 60_000, capMs: 60_000 };
  setTimeout(() => real.abort(new Error("Ctrl-C")), 5);
  await expect(retry(work, { policy: slow, signal: real.signal })).rejects.toMatchObject(cancelled);
  expect(seen).toHaveLength(2);
});
