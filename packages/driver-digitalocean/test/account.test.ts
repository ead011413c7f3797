import { VirtualClock } from "@machinist/testkit";
import { expect, test } from "vitest";
import { AccountView } from "../src/account.ts";
import type { Api } from "../src/api.ts";

const signal = new AbortController().signal;

function account() {
  const clock = new VirtualClock();
  const began: number[] = [];
  const list = async () => {
    began.push(clock.now());
    return [began.length];
  };
  return { clock, began, view: new AccountView({ clock, scarce: false, list } as unknown as Api) };
}

test("who asks for a list a moment after another shares its look", async () => {
  const { clock, began, view } = account();
  const asked = Array.from({ length: 10 }, async (_, index) => {
    await clock.sleep(index);
    return (await view.list("/v2/droplets", signal)).items;
  });
  expect(await Promise.all(asked)).toEqual(asked.map(() => [1]));
  expect(began).toHaveLength(1);
});

test("nobody waits long for others, however many come, and the next look is not at once", async () => {
  const { clock, began, view } = account();
  const start = clock.now();
  const asked = Array.from({ length: 50 }, async (_, index) => {
    await clock.sleep(index * 10);
    return view.list("/v2/droplets", signal);
  });
  await Promise.all(asked);
  expect(began).toHaveLength(2);
  expect(began[0]! - start).toBeLessThanOrEqual(210);
  expect(began[1]! - began[0]!).toBeGreaterThanOrEqual(2000);
});
