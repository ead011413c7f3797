import { RateLimiter, singleFlight } from "@machinist/requests";
import { VirtualClock } from "@machinist/testkit";
import { expect, test } from "vitest";

const signal = new AbortController().signal;

function sending(options: { perSecond?: number; burst?: number; reserve?: number } = {}) {
  const clock = new VirtualClock(0);
  const budget = new RateLimiter({ perSecond: 1, burst: 2, clock, ...options });
  const sent: [name: string, at: number][] = [];
  const send = (name: string, urgent = false) =>
    budget.run(
      async () => {
        sent.push([name, clock.now()]);
      },
      { signal, urgent },
    );
  return { clock, budget, sent, send };
}

test("a burst goes at once, then so many a second", async () => {
  const { sent, send } = sending();
  await Promise.all(["a", "b", "c", "d"].map((name) => send(name)));
  expect(sent).toEqual([
    ["a", 0],
    ["b", 0],
    ["c", 1000],
    ["d", 2000],
  ]);
});

test("urgent requests go before others that wait longer", async () => {
  const { sent, send } = sending({ burst: 1 });
  await Promise.all([send("a"), send("b"), send("c"), send("delete", true), send("delete too", true)]);
  expect(sent.map(([name]) => name)).toEqual(["a", "delete", "delete too", "b", "c"]);
});

test("the last places a provider leaves are for urgent requests, until it gives more", async () => {
  const { budget, sent, send } = sending({ perSecond: 1000, burst: 1000, reserve: 2 });
  budget.observe({ remaining: 3, resetAt: 60_000 });
  await Promise.all([send("a"), send("b"), send("c"), send("x", true), send("y", true), send("z", true)]);
  // Three are left: one beyond the reserve for a, and the reserve for x and y.
  const early = sent.filter(([, at]) => at < 60_000).map(([name]) => name);
  expect(early).toEqual(["a", "x", "y"]);
  expect(sent.slice(3).map(([name]) => name)).toEqual(["z", "b", "c"]);
});

test("what a provider says late does not give back what was spent", async () => {
  const { budget, sent, send } = sending({ perSecond: 1000, burst: 1000 });
  budget.observe({ remaining: 1, resetAt: 5000 });
  budget.observe({ remaining: 9, resetAt: 5000 });
  await Promise.all([send("a"), send("b")]);
  expect(sent).toEqual([
    ["a", 0],
    ["b", 5000],
  ]);
});

test("one refusal makes all wait, longer each time, and success ends it", async () => {
  const { clock, budget, sent, send } = sending({ perSecond: 1000, burst: 1000 });
  budget.throttled();
  budget.throttled(); // of the same moment
  await send("a");
  expect(sent.at(-1)).toEqual(["a", 500]);
  budget.throttled();
  budget.throttled({ retryAfterMs: 7000 });
  const before = clock.now();
  await send("b");
  expect(sent.at(-1)).toEqual(["b", before + 7000]);
  budget.throttled();
  await send("c");
  expect(sent.at(-1)![1] - sent.at(-2)![1]).toBe(500);
});

test("an answer to what was sent before a refusal does not end it", async () => {
  const { clock, budget, sent, send } = sending({ perSecond: 1000, burst: 1000 });
  let answer = () => {};
  const early = budget.run(() => new Promise<void>((resolve) => (answer = resolve)), { signal });
  await Promise.resolve();
  budget.throttled();
  answer();
  await early;
  await clock.sleep(500);
  budget.throttled();
  const before = clock.now();
  await send("a");
  expect(sent).toEqual([["a", before + 1000]]);
});

test("who waits can leave", async () => {
  const { sent, send, budget } = sending({ burst: 1, perSecond: 0.001 });
  await send("a");
  const controller = new AbortController();
  const waiting = budget.run(async () => {}, { signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
  expect(sent).toHaveLength(1);
});

test("a failure of what was sent is its own, and takes a place like any other", async () => {
  const { budget, send, sent } = sending({ burst: 1 });
  await expect(budget.run(() => Promise.reject(new Error("no")), { signal })).rejects.toThrow("no");
  await send("next");
  expect(sent).toEqual([["next", 1000]]);
});

test("a look is shared while it is under way and while it is fresh, and forgotten when asked or failed", async () => {
  let looks = 0;
  let now = 0;
  const look = singleFlight(async (key: string) => `${key}${++looks}`, { freshMs: 100, now: () => now });
  expect(await Promise.all([look("a"), look("a"), look("b")])).toEqual(["a1", "a1", "b2"]);
  now = 99;
  expect(await look("a")).toBe("a1");
  now = 100;
  expect(await look("a")).toBe("a3");
  look.forget();
  expect(await look("a")).toBe("a4");
  const failing = singleFlight(async () => {
    if (++looks < 100) throw new Error("no");
    return looks;
  });
  await expect(failing("x")).rejects.toThrow("no");
  looks = 200;
  expect(await failing("x")).toBe(201);
});
