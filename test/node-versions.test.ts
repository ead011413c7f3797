import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { sameOnEveryNode } from "../scripts/test/same-on-every-node.mjs";
import { root } from "./repository/packages.ts";

const named = sameOnEveryNode.flatMap(({ files }) => files);

test("what is not run with every Node is there, and named once", () => {
  expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  expect(named).toEqual([...new Set(named)]);
});

test("a Node that cannot be fetched is a skip that says why", async () => {
  const clone = mkdtempSync(join(tmpdir(), "machinist-node-versions-"));
  onTestFinished(() => rmSync(clone, { recursive: true, force: true }));
  for (const part of ["scripts", "package.json"]) cpSync(join(root, part), join(clone, part), { recursive: true });
  const script = `
    import { runUnderNode } from "./scripts/test/node-versions.mjs";
    const { result } = await runUnderNode(22, { project: "node", minutes: 1 });
    console.log(JSON.stringify(result));`;
  const env = { ...process.env, npm_config_registry: "http://127.0.0.1:9", npm_config_fetch_retries: "0" };
  const words = ["--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: clone, env });
  const result = JSON.parse(stdout.trim().split("\n").at(-1)!);
  expect(result.errors).toEqual([]);
  expect(result.files).toHaveLength(1);
  expect(result.files[0].failures).toEqual([]);
  expect(result.files[0].skipped).toEqual([
    {
      name: "the node tests with Node 22",
      reason: expect.stringMatching(/^Node 22\.\S+ could not be fetched: .*127\.0\.0\.1:9/),
    },
  ]);
});
