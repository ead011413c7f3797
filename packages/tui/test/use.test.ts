import type { Host } from "@machinist/core";
import { expect, test, vi } from "vitest";
import { sharesIn } from "../src/docker/host-usage.ts";
import { CostFeed } from "../src/feeds/cost-feed.ts";
import { Store } from "../src/feeds/store.ts";
import { machinesOnScreen, UseFeed } from "../src/feeds/use-feed.ts";
import { after, facts, info, press, scene } from "./scene.ts";

const told = `0.50 0.40 0.30 1/234 5678
MemTotal:        4000000 kB
MemAvailable:    3000000 kB
/dev/sda1         10000000   8200000   1800000      82% /
2
`;

test("what a host tells of itself comes out as shares", () => {
  expect(sharesIn(told)).toEqual({ load: 0.25, memory: 0.25, disk: 0.82 });
  expect(sharesIn("sh: cat: not found\n")).toEqual({});
});

test("only machines are asked that are on the screen and can answer", () => {
  expect(machinesOnScreen(scene()).map(({ name }) => name)).toEqual(["manager-1", "worker-1", "箱"]);
  expect(machinesOnScreen(scene(80, 8)).map(({ name }) => name)).toEqual(["manager-1", "worker-1"]);
  expect(machinesOnScreen(press(scene(), "\r"))).toEqual([]);
});

test("a host that cannot tell is left alone for long, and holds up nobody", async () => {
  vi.useFakeTimers();
  try {
    const asked: string[] = [];
    const store = new Store(after(scene(), { type: "use", machine: "worker-1" }));
    const feed = new UseFeed(
      {
        host: async (name) => {
          asked.push(name);
          if (name === "worker-1") return new Promise<Host>(() => {});
          if (name === "箱") throw new Error("no SSH");
          return { script: async () => ({ code: 0, stdout: told, stderr: "" }) } as unknown as Host;
        },
      },
      store,
    );
    feed.start();
    await vi.advanceTimersByTimeAsync(22_000);
    expect(asked.sort()).toEqual(["manager-1", "worker-1", "箱"]);
    expect(store.state.machines.get("manager-1")?.use).toEqual({ load: 0.25, memory: 0.25, disk: 0.82 });
    expect(store.state.machines.get("worker-1")?.use).toBeUndefined();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.filter((name) => name === "manager-1").length).toBeGreaterThan(2);
    expect(asked.filter((name) => name !== "manager-1")).toHaveLength(2);
    feed.stop();
  } finally {
    vi.useRealTimers();
  }
});

test("prices are asked for when machines come, and once for all", async () => {
  const store = new Store(scene());
  let calls = 0;
  const price = { hourly: 0.5, currency: "EUR", source: "x", asOf: "2030-01-01" };
  const feed = new CostFeed(
    {
      prices: async () => {
        calls++;
        return [
          { machine: "box", driver: "toy", before: price },
          { machine: "lost", driver: "toy", before: null },
        ];
      },
    },
    store,
  );
  store.dispatch({ type: "engine", machine: "box", facts: facts() });
  await expect.poll(() => store.state.machines.get("box")?.cost).toEqual({ hourly: 0.5, currency: "EUR" });
  expect(store.state.machines.get("lost")?.cost).toBeUndefined();
  store.dispatch({ type: "infos", infos: [info("box", { driver: "none" })] });
  expect(calls).toBe(1);
  feed.stop();
});
