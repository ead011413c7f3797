import { createLimit } from "@machinist/core";
import { expect, test } from "vitest";

/** Work that ends when it is told to. */
function pieces(limit: ReturnType<typeof createLimit>) {
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const start = (name: number, fails = false) =>
    limit(async () => {
      started.push(name);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (fails) throw new Error(`${name} failed`);
      return name;
    });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { started, ends, start, turn };
}

test("no more than its size at once, in the order they were asked for", async () => {
  const { started, ends, start, turn } = pieces(createLimit(2));
  const all = [1, 2, 3, 4].map((name) => start(name));
  await turn();
  expect(started).toEqual([1, 2]);
  ends[1]?.();
  await turn();
  expect(started).toEqual([1, 2, 3]);
  const late = start(5); // who comes later does not slip in between
  ends[0]?.();
  ends[2]?.();
  await turn();
  expect(started).toEqual([1, 2, 3, 4, 5]);
  for (const end of ends) end();
  expect(await Promise.all([...all, late])).toEqual([1, 2, 3, 4, 5]);
});

test("failed work gives its place back, and only its caller hears of it", async () => {
  const { ends, start, turn } = pieces(createLimit(1));
  const broken = start(1, true);
  const next = start(2);
  await turn();
  ends[0]?.();
  await expect(broken).rejects.toThrow("1 failed");
  await turn();
  ends[1]?.();
  expect(await next).toBe(2);
  const third = start(3);
  await turn();
  ends[2]?.();
  expect(await third).toBe(3);
});
