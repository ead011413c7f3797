import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unavailable } from "@machinist/lab";
import { afterAll, expect, test } from "vitest";
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
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, `example-${process.pid}`], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, MACHINE_STORAGE_PATH: store, NSPAWN_IMAGE: "docker" },
  });
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toMatch(/Docker \d+\.\S+ answers at tcp:/);
  expect(readdirSync(join(store, "machines"))).toEqual([]);
});
