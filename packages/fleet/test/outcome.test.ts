import type { ResourceOutcome } from "@machinist/core";
import { expect, test } from "vitest";
import { join, outcomeOf } from "../src/outcome.ts";

const of = (id: string, change: ResourceOutcome["change"]): ResourceOutcome => ({ id, kind: "thing", change, ms: 1 });

test("tells how much of what changed is shared by the machines", () => {
  const stack = outcomeOf([of("web-1/engine", "none"), of("@demo/web", "updated")], ["web-1"], { startedAt: 0 });
  expect(stack).toMatchObject({ changed: 1, shared: 1, machines: [{ name: "web-1", result: "unchanged" }] });
  const engine = outcomeOf([of("web-1/engine", "updated"), of("@demo/web", "none")], ["web-1"], { startedAt: 0 });
  expect(engine).toMatchObject({ changed: 1, machines: [{ name: "web-1", result: "changed" }] });
  expect(engine).not.toHaveProperty("shared");
  expect(join([stack, engine, stack], 0)).toMatchObject({ changed: 3, shared: 2 });
});
