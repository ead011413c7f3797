import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { publishedPackages, readManifest } from "../scripts/release/published.mjs";
import { changesetVersion, copyManifests } from "../scripts/release/versioned.mjs";
import { filesBelow, packages, readText } from "./repository/packages.ts";

/** `changeset version` itself, in copies of this repository: what it cannot do here it could not do for a release. */
const copy = mkdtempSync(join(tmpdir(), "machinist-changesets-"));
const versions = () => new Map(publishedPackages(copy).map(({ manifest: { name, version } }) => [name, version]));
const parts = (version: string): number[] => version.split(".").map(Number);
const changelog = (folder: string): string => readFileSync(join(copy, "packages", folder, "CHANGELOG.md"), "utf8");
const together = ["@machinist/cli", "@machinist/fleet", "@machinist/core"];

let before: Map<string, string>;
let released: Map<string, string>;
beforeAll(async () => {
  await copyManifests(copy);
  before = versions();
  await changesetVersion(copy);
  released = versions();
}, 120_000);
afterAll(() => rmSync(copy, { recursive: true, force: true }));

test("the changesets of today become versions: the first ones are 0.1.0", () => {
  expect(released.size).toBe(packages().filter(({ manifest }) => !manifest.private).length);
  for (const [name, version] of released)
    expect(version, name).toBe(before.get(name) === "0.0.0" ? "0.1.0" : expect.stringMatching(/^\d+\.\d+\.\d+$/));
});

test("every published package has a changelog that one can read", () => {
  const changesets = filesBelow(".changeset", [".md"]).map((path) => readText(path));
  for (const { folder, manifest } of publishedPackages(copy)) {
    const text = changelog(folder);
    expect(text).toContain(`# ${manifest.name}\n\n## ${manifest.version}\n`);
    const newest = text.split(/^## /m)[1] ?? "";
    // What a user can notice of each change is told in a few lines; the first one tells what there is.
    const changes = changesets.filter((each) => each.includes(`"${manifest.name}":`)).length;
    const most = (folder === "cli" ? 60 : 20) + 3 * (changes - 1);
    expect(newest.split("\n").length, `lines of ${folder}'s`).toBeLessThanOrEqual(most);
    expect(newest).not.toMatch(/Updated dependencies|^- [0-9a-f]{7}: /m);
  }
});

test("private packages keep their versions and have no changelog", () => {
  for (const { folder, manifest } of packages().filter((each) => each.manifest.private)) {
    expect(readManifest(join(copy, "packages", folder)).version).toBe(manifest.version);
    expect(existsSync(join(copy, "packages", folder, "CHANGELOG.md"))).toBe(false);
  }
});

test("no changeset names a package that is not published", () => {
  const named = filesBelow(".changeset", [".md"])
    .filter((path) => !path.endsWith("README.md"))
    .flatMap((path) => [...readText(path).matchAll(/^"(.+)": (?:patch|minor|major)$/gm)].map(([, name]) => name));
  expect(named.filter((name) => name === undefined || !released.has(name))).toEqual([]);
});

test("a minor version of core takes cli and fleet along, and is no major version of anybody", async () => {
  const text = '---\n"@machinist/core": minor\n---\n\nSomething new.\n';
  writeFileSync(join(copy, ".changeset/something-new.md"), text);
  await changesetVersion(copy);
  const next = versions();
  const [major = 0, minor = 0] = parts(released.get("@machinist/core") ?? "");
  for (const name of together) expect(next.get(name), name).toBe(`${major}.${minor + 1}.0`);
  for (const [name, version] of next) {
    if (together.includes(name)) continue;
    expect(parts(version).slice(0, 2), name).toEqual(parts(released.get(name) ?? "").slice(0, 2));
  }
  expect(next.get("@machinist/driver-qemu")).not.toBe(released.get("@machinist/driver-qemu"));
  expect(changelog("driver-qemu")).toContain(`- Needs @machinist/core ${next.get("@machinist/core")},`);
}, 120_000);
