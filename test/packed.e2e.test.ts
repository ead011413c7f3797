import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { packedCommand, packedModules, packedTarballs } from "../scripts/setup/packed.mjs";
import { Program } from "./bad-input/program.ts";
import { packages } from "./repository/packages.ts";

const modules = packedModules();
const ours = readdirSync(modules, { recursive: true, withFileTypes: true }).flatMap((each) =>
  each.isFile() && each.parentPath.includes("/@machinist/") ? [join(each.parentPath, each.name)] : [],
);

test("an installation of all that is published has each of our packages once", async () => {
  const manifests = ours.filter((path) => /@machinist\/[^/]+\/package\.json$/.test(path));
  const names = manifests.map((path) => `@machinist/${basename(dirname(path))}`).sort();
  const published = packages().flatMap(({ manifest }) => (manifest.private ? [] : [manifest.name]));
  expect(names).toEqual([...published].sort());
  expect(Object.keys(await packedTarballs()).sort()).toEqual(names);
});

test("core's classes are in core's bundle and in no other", () => {
  const code = ours.filter((path) => /\.[cm]?js$/.test(path));
  const holders = code.filter((path) => readFileSync(path, "utf8").includes('"@machinist/core.error"'));
  expect(holders.map((path) => path.slice(modules.length))).toEqual(["/@machinist/core/dist/index.js"]);
});

test("commands that are tested are the installed ones", () => {
  for (const command of ["machinist", "docker-machine", "docker-machine-driver-nspawn"])
    expect(realpathSync(packedCommand(command))).toContain(`${realpathSync(modules)}/@machinist/`);
  const program = new Program();
  onTestFinished(() => program.remove());
  expect(program.entry).toBe(packedCommand("machinist"));
});

test("a check that fails before anything is made ends both programs with 3", async () => {
  const key = ["--generic-ssh-key", join(mkdtempSync(join(tmpdir(), "machinist-packed-")), "missing")];
  onTestFinished(() => rmSync(dirname(key[1]!), { recursive: true }));
  for (const command of ["machinist", "docker-machine"] as const) {
    const program = new Program(undefined, command);
    onTestFinished(() => program.remove());
    const ended = await program.run(["create", "-d", "generic", "--generic-ip-address", "127.0.0.1", ...key, "box"]);
    expect(ended, command).toMatchObject({ exit: 3, stderr: expect.stringContaining("missing") });
  }
});
