import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { root } from "./repository/packages.ts";

/** A machine made and removed by a clone's own command, which reads the sources: no build of them is asked for. */
test("the command of a clone runs from its sources", async () => {
  const store = mkdtempSync(join(tmpdir(), "machinist-sources-"));
  onTestFinished(() => rmSync(store, { recursive: true, force: true }));
  const env = { ...process.env, MACHINIST_FROM: "sources", MACHINE_STORAGE_PATH: store };
  const run = (...words: string[]) =>
    promisify(execFile)(process.execPath, [join(root, "bin/machinist"), ...words], { env });
  // What a build writes into its programs.
  expect((await run("--version")).stdout).toBe("0.0.0-source\n");
  await run("create", "-d", "simulated", "--no-engine", "box");
  expect((await run("ls", "-q")).stdout).toBe("box\n");
  await expect(run("inspect", "nobody")).rejects.toMatchObject({ code: 1 });
  await run("rm", "-y", "box");
  expect((await run("ls", "-q")).stdout).toBe("");
});
