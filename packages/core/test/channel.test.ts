import { type Event, type EventBody, type Run, startRun } from "@machinist/core";
import { afterEach, beforeEach, expect, test } from "vitest";

const log = (message: string): EventBody => ({ type: "log", id: "", level: "info", message });
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function watch(run: Run<unknown>): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of run) seen.push(text(event));
  return seen;
}
const text = (event: Event): string => (event.type === "log" ? event.message : event.type);

const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);
beforeEach(() => {
  unhandled.length = 0;
  process.on("unhandledRejection", note);
});
afterEach(() => {
  process.off("unhandledRejection", note);
});

test("events are dated, in order, and all there for one who watches at once", async () => {
  let now = 100;
  const run = startRun(
    async (emit) => {
      emit(log("a"));
      await turn();
      now = 200;
      emit(log("b"));
      return 7;
    },
    () => now,
  );
  const seen: Event[] = [];
  for await (const event of run) seen.push(event);
  expect(seen).toEqual([
    { at: 100, ...log("a") },
    { at: 200, ...log("b") },
  ]);
  expect(await run.result).toBe(7);
});

test("one who comes late still sees what was said, and then the end", async () => {
  const run = startRun(async (emit) => {
    emit(log("a"));
    emit(log("b"));
  });
  await run.result;
  expect(await watch(run)).toEqual(["a", "b"]);
});

test("two watchers each see everything, however slow one of them is", async () => {
  const run = startRun(async (emit) => {
    for (const name of ["a", "b", "c"]) {
      emit(log(name));
      await turn();
    }
  });
  const slow: string[] = [];
  const slowly = (async () => {
    for await (const event of run) {
      slow.push(text(event));
      for (let turns = 0; turns < 5; turns++) await turn();
    }
  })();
  expect(await watch(run)).toEqual(["a", "b", "c"]);
  await slowly;
  expect(slow).toEqual(["a", "b", "c"]);
});

test("a watcher who leaves stops nothing", async () => {
  const run = startRun(async (emit) => {
    emit(log("a"));
    await turn();
    emit(log("b"));
    return "whole";
  });
  for await (const _event of run) break;
  expect(await run.result).toBe("whole");
});

test("with nobody watching the run goes on, and only the last events are kept", async () => {
  const run = startRun(
    async (emit) => {
      for (let number = 0; number < 1000; number++) emit(log(String(number)));
    },
    Date.now,
    10,
  );
  await run.result;
  const seen = await watch(run);
  expect(seen.length).toBeLessThanOrEqual(20);
  expect(seen.length).toBeGreaterThanOrEqual(10);
  expect(seen.at(-1)).toBe("999");
  expect(seen).toEqual(seen.map((_each, index) => String(1000 - seen.length + index)));
});

test("a watcher who falls too far behind goes on with what is kept", async () => {
  const run = startRun(
    async (emit) => {
      emit(log("first"));
      await turn();
      for (let number = 0; number < 100; number++) emit(log(String(number)));
    },
    Date.now,
    10,
  );
  const seen = await watch(run);
  expect(seen[0]).toBe("first");
  expect(seen.at(-1)).toBe("99");
  expect(seen.length).toBeLessThanOrEqual(21);
});

test("a failure ends the events, is the result's, and is no unhandled rejection while nobody looks", async () => {
  const run = startRun(async (emit) => {
    emit(log("a"));
    await turn();
    throw new Error("broken");
  });
  expect(await watch(run)).toEqual(["a"]);
  await turn();
  await turn();
  expect(unhandled).toEqual([]);
  await expect(run.result).rejects.toThrow("broken");
});
