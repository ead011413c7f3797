import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bundleProject } from "../src/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-places-"));
  for (const name of ["p", "shared"]) await mkdir(join(folder, name));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A project in `p` with one service. */
async function bundled(key: string) {
  const file = join(folder, "p", "compose.yaml");
  await writeFile(file, `services: { a: { image: x, ${key} } }\n`);
  return bundleProject({ files: [file] });
}

it("keeps places to each other when paths lead out of the folder", async () => {
  await writeFile(join(folder, "shared", "n.txt"), "n");
  const made = await bundled("volumes: ['../shared/n.txt:/n.txt']");
  expect([...made.files.keys()]).toEqual(["p/compose.yaml", "shared/n.txt"]);
  expect(made).toMatchObject({ root: folder, folder: "p", composeFiles: ["p/compose.yaml"] });
});

it.each([
  ["a bind mount", "volumes: ['../shared/new:/new']"],
  ["one in a default", "volumes: ['${NOWHERE:-../shared/new}:/new']"],
  ["an env file that need not be there", "env_file: [{ path: ../own.env, required: false }]"],
])("does not lead out of its place on the host by what is not there: %s", async (_what, key) => {
  expect(await bundled(key)).toMatchObject({ root: folder, folder: "p", composeFiles: ["p/compose.yaml"] });
});
