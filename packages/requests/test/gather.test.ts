import { MachinistError } from "@machinist/core";
import { batch } from "@machinist/requests";
import { expect, test } from "vitest";

const never = new AbortController().signal;
const error = new MachinistError("provider.no", "No");

function doubling(
  options: { most?: number; keyOf?: (input: number) => string; fail?: (group: readonly number[]) => void } = {},
) {
  const groups: number[][] = [];
  const ask = batch<number, number>({
    most: options.most ?? 10,
    quietMs: 5,
    ...(options.keyOf ? { keyOf: options.keyOf } : {}),
    async run(inputs) {
      groups.push([...inputs]);
      options.fail?.(inputs);
      return inputs.map((input) => (input === 13 ? error : input * 2));
    },
  });
  return { ask, groups };
}

test("calls of one moment are one request, each with its own answer", async () => {
  const { ask, groups } = doubling();
  expect(await Promise.all([1, 2, 3].map((input) => ask(input, never)))).toEqual([2, 4, 6]);
  expect(groups).toEqual([[1, 2, 3]]);
  expect(await ask(4, never)).toBe(8);
  expect(groups).toHaveLength(2);
});

test("a group is full, and the next begins", async () => {
  const { ask, groups } = doubling({ most: 2 });
  await Promise.all([1, 2, 3, 4, 5].map((input) => ask(input, never)));
  expect(groups).toEqual([[1, 2], [3, 4], [5]]);
});

test("only equal keys go together", async () => {
  const { ask, groups } = doubling({ keyOf: (input) => String(input % 2) });
  await Promise.all([1, 2, 3, 4].map((input) => ask(input, never)));
  // Which of the two goes first is nobody's promise.
  expect(groups.map((group) => group.join()).sort()).toEqual(["1,3", "2,4"]);
});

test("an error for one is that caller's alone, a throw is everybody's", async () => {
  const { ask } = doubling();
  const results = await Promise.allSettled([1, 13].map((input) => ask(input, never)));
  expect(results).toEqual([
    { status: "fulfilled", value: 2 },
    { status: "rejected", reason: error },
  ]);
  const broken = doubling({
    fail: () => {
      throw error;
    },
  });
  const both = await Promise.allSettled([1, 2].map((input) => broken.ask(input, never)));
  expect(both.map((each) => each.status === "rejected" && each.reason)).toEqual([error, error]);
});

test("too few answers are a fault of the one who gives them", async () => {
  const ask = batch<number, number>({ most: 9, quietMs: 1, run: async () => [1] });
  const results = await Promise.allSettled([ask(1, never), ask(2, never)]);
  expect(results[0]).toMatchObject({ status: "fulfilled", value: 1 });
  expect(results[1]).toMatchObject({ reason: { code: "internal" } });
});

test("who leaves before the group goes is not asked for; the others are", async () => {
  const { ask, groups } = doubling();
  const leaving = new AbortController();
  const first = ask(1, leaving.signal);
  const second = ask(2, never);
  leaving.abort();
  await expect(first).rejects.toMatchObject({ code: "cancelled" });
  expect(await second).toBe(4);
  expect(groups).toEqual([[2]]);
  await expect(ask(3, leaving.signal)).rejects.toMatchObject({ code: "cancelled" });
});

test("a request under way is given up when the last caller has left", async () => {
  let given: AbortSignal | undefined;
  const ask = batch<number, number>({
    most: 9,
    quietMs: 1,
    run: (_, signal) => {
      given = signal;
      return new Promise(() => {});
    },
  });
  const [one, two] = [new AbortController(), new AbortController()];
  const results = Promise.allSettled([ask(1, one.signal), ask(2, two.signal)]);
  await expect.poll(() => given).toBeDefined();
  one.abort();
  expect(given!.aborted).toBe(false);
  two.abort();
  expect(given!.aborted).toBe(true);
  expect((await results).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});

test("nobody waits for others for ever", async () => {
  const groups: number[] = [];
  const ask = batch<number, number>({
    most: 1000,
    quietMs: 10,
    longestMs: 40,
    run: async (inputs) => {
      groups.push(inputs.length);
      return inputs;
    },
  });
  const all: Promise<number>[] = [];
  for (let number = 0; number < 25; number++) {
    all.push(ask(number, never));
    // Longer pauses, as on a busy computer, only make for more groups.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await Promise.all(all);
  expect(groups.length).toBeGreaterThan(1);
});

test("a clock that jumps between any two looks loses nobody", async () => {
  let now = 0;
  const clock = { now: () => (now += 1000), sleep: async () => {} };
  const ask = batch<number, number>({ most: 10, clock, run: async (inputs) => inputs });
  expect(await Promise.all([ask(1, never), ask(2, never), ask(3, never)])).toEqual([1, 2, 3]);
});

test("who comes after all others have left is asked for with a signal of its own", async () => {
  const ask = batch<number, number>({
    most: 10,
    run: async (inputs, signal) => {
      signal.throwIfAborted();
      return inputs;
    },
  });
  const early = new AbortController();
  const first = ask(1, early.signal);
  early.abort();
  const second = ask(2, never);
  await expect(first).rejects.toMatchObject({ code: "cancelled" });
  expect(await second).toBe(2);
});

test("many callers may have one signal without Node's warning of a leak", async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on("warning", note);
  const { ask } = doubling({ most: 50 });
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 50 }, (_, input) => ask(input + 100, signal)));
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", note);
  expect(warnings).toEqual([]);
});
