import { spawnSync } from "node:child_process";
import { unavailable } from "@machinist/lab";
import { expect, test } from "vitest";
import { root } from "./repository/packages.ts";

/** A few moments only; `pnpm kill-campaign` takes many. */
const kills = 3;

test("up of three real hosts goes on after it was killed, and down leaves nothing", (context) => {
  const reason = unavailable();
  context.skip(reason !== undefined, reason);
  const args = ["scripts/kill-campaign.mjs", `--kills=${kills}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toContain("0 faults");
});
