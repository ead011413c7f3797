import type { InstanceGroup } from "@machinist/gitlab-fleeting";
import { expect, test } from "vitest";
import { lazyGroup } from "../src/lazy-group.ts";
import { unsaid } from "./groups.ts";

const methods = [
  "update",
  "increase",
  "decrease",
  "connectInfo",
  "heartbeat",
  "suspend",
  "resume",
  "shutdown",
] as const;

test("a group is loaded once, for its first call, and has each call with its arguments", async () => {
  const calls: unknown[] = [];
  const inner = Object.fromEntries(
    ["init", ...methods].map((name) => [name, async (...given: unknown[]) => void calls.push([name, ...given])]),
  );
  let loads = 0;
  const group = lazyGroup(async () => {
    loads++;
    return inner as unknown as InstanceGroup;
  });
  await group.shutdown();
  expect([loads, calls]).toEqual([0, []]);
  await Promise.all([group.load(), group.init({}, unsaid)]);
  for (const name of methods) await (group[name] as (given: unknown) => Promise<unknown>)(["x"]);
  expect(loads).toBe(1);
  expect(calls).toEqual([
    ["init", {}, unsaid],
    ...methods.map((name) => (name === "update" || name === "shutdown" ? [name] : [name, ["x"]])),
  ]);
});
