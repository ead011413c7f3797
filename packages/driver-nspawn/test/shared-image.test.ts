import { mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ensureImage } from "../src/image.ts";
import { imageName } from "../src/image-recipe.ts";

test("an image that another store of this user has built is not built again, and stays when that is removed", async () => {
  const top = await mkdtemp(join(tmpdir(), "machinist-shared-image-"));
  onTestFinished(() => rm(top, { recursive: true, force: true }));
  const spec = { release: "trixie", image: "docker", mirror: "http://192.0.2.1/never" } as const;
  const name = imageName(spec);
  const shared = join(top, "user");
  await mkdir(join(shared, name, "etc"), { recursive: true, mode: 0o700 });
  await writeFile(join(shared, name, "etc", "hostname"), "there\n");
  await symlink("hostname", join(shared, name, "etc", "link"));
  const logged: string[] = [];
  const call = { signal: new AbortController().signal, log: (message: string) => void logged.push(message) };
  const path = join(top, "store", "images", name);
  await ensureImage(path, spec, call, shared);
  expect(logged).toEqual([]);
  const inode = async (folder: string) => (await stat(join(folder, "etc", "hostname"))).ino;
  expect(await inode(path)).toBe(await inode(join(shared, name)));
  await rm(shared, { recursive: true });
  expect(await readFile(join(path, "etc", "hostname"), "utf8")).toBe("there\n");
  expect(await readlink(join(path, "etc", "link"))).toBe("hostname");
  // It is there: nobody is asked for it any more.
  await ensureImage(path, spec, call, shared);
  expect(logged).toEqual([]);
});
