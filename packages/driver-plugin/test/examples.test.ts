import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findPlugin } from "@machinist/driver-plugin";
import { testDriver } from "@machinist/testkit/suites";
import { afterAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";

const examples = fileURLToPath(new URL("../../../examples/", import.meta.url));
const top = mkdtempSync(join(tmpdir(), "machinist-json-"));
afterAll(() => rmSync(top, { recursive: true, force: true }));

const languages = [
  { name: "pyshelf", folder: "driver-python", needs: "python3", changed: { size: 2 }, replacing: { image: "other" } },
  { name: "shshelf", folder: "driver-sh", needs: "sh", changed: undefined, replacing: { size: 2 } },
];

for (const { name, folder, needs, changed, replacing } of languages) {
  const missing = spawnSync(needs, ["-c", ""]).status === 0 ? undefined : `there is no ${needs} here`;
  describeUnless(missing, `the example in ${folder}`, async () => {
    const program = join(examples, folder, `machinist-driver-${name}`);
    const cloud = join(top, name);
    mkdirSync(cloud);
    const env = { ...process.env, PATH: `${join(examples, folder)}:${process.env.PATH}` };
    const module = missing === undefined ? await findPlugin(name, env, new AbortController().signal) : undefined;
    const files = () => readdir(cloud).catch(() => [] as string[]);

    test("is short", async () => {
      const lines = (await readFile(program, "utf8")).trimEnd().split("\n");
      expect(lines.length).toBeLessThanOrEqual(120);
    });

    testDriver({
      module: module!,
      options: { folder: cloud },
      context: { env },
      ...(changed ? { changed } : {}),
      replacing,
      leftovers: async ({ uids }) => (await files()).filter((file) => uids.some((uid) => file.includes(uid))),
      foreign: async () => {
        await writeFile(join(cloud, "theirs.json"), JSON.stringify({ power: "running" }));
        return {
          isThere: async () => (await files()).includes("theirs.json"),
          remove: () => rm(join(cloud, "theirs.json")),
        };
      },
      breakProvider: async () => {
        await rename(cloud, `${cloud}.away`);
        await writeFile(cloud, "");
        return async () => {
          await rm(cloud);
          await rename(`${cloud}.away`, cloud);
        };
      },
      kills: 12,
      timeoutMs: 300_000,
    });
  });
}
