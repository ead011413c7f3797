import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findPlugin } from "@machinist/driver-plugin";
import { testDriver } from "@machinist/testkit/suites";
import { afterAll } from "vitest";
import { makeShelf } from "./shelf.ts";

const shelf = await makeShelf("TypeScript");
const env = { ...process.env, PATH: `${shelf.bin}:${process.env.PATH}`, SHELF_TOKEN: "sesame" };
afterAll(() => shelf.remove());

testDriver({
  module: (await findPlugin("shelf", env, new AbortController().signal))!,
  options: { folder: shelf.folder },
  context: { env },
  replacing: { size: 2 },
  leftovers: async ({ fleet }) => (await readdir(shelf.folder).catch(() => [])).filter((name) => name.includes(fleet)),
  foreign: async () => {
    const path = join(shelf.folder, "theirs.json");
    await mkdir(shelf.folder, { recursive: true });
    await writeFile(path, JSON.stringify({ state: 1 }));
    return { isThere: async () => (await readdir(shelf.folder)).includes("theirs.json"), remove: () => rm(path) };
  },
  breakProvider: async () => {
    await rename(shelf.program, `${shelf.program}.away`);
    return () => rename(`${shelf.program}.away`, shelf.program);
  },
  notApplicable: {
    "what can be changed in place is, and nothing is recreated": "a plugin of docker-machine changes nothing in place",
  },
  kills: 6,
  timeoutMs: 300_000,
});
