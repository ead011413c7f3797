import { spawnSync } from "node:child_process";
import { unavailable } from "@machinist/lab";
import { expect, test } from "vitest";
import { root } from "./repository/packages.ts";

/** A moment per step only; `pnpm swarm-campaign` takes ten, and MACHINIST_SWARM_KILLS any number. */
const kills = process.env.MACHINIST_SWARM_KILLS ?? "1";

test("a Swarm grows and shrinks under a running service, refuses to lose its majority, and goes on after kills", (context) => {
  const reason = unavailable();
  context.skip(reason !== undefined, reason);
  const args = ["scripts/swarm-campaign.mjs", `--kills=${kills}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  console.log(stdout);
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toContain("0 faults");
}, 1_800_000);
