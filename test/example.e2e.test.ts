import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unavailable } from "@machinist/lab";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { packedModules } from "../scripts/setup/packed.mjs";
import { readText, root } from "./repository/packages.ts";

const program = "examples/library/create-and-remove.mjs";
const store = mkdtempSync(join(tmpdir(), "machinist-example-"));
afterAll(() => rmSync(store, { recursive: true, force: true }));

test("the example is a program of less than 30 lines", () => {
  expect(readText(program).trimEnd().split("\n").length).toBeLessThan(30);
});

test("the example makes a real Docker host, asks its engine, and removes it", (context) => {
  const reason = unavailable();
  context.skip(reason !== undefined, reason);
  // A folder with what is published installed in it, as a user's would be.
  const folder = mkdtempSync(join(tmpdir(), "machinist-example-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(root, program), join(folder, "example.mjs"));
  symlinkSync(packedModules(), join(folder, "node_modules"));
  const { status, stdout, stderr } = spawnSync(process.execPath, ["example.mjs", `example-${process.pid}`], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, MACHINE_STORAGE_PATH: store, NSPAWN_IMAGE: "docker" },
  });
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toMatch(/Docker \d+\.\S+ answers at tcp:/);
  expect(readdirSync(join(store, "machines"))).toEqual([]);
});
