import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { must } from "../setup/child.mjs";
import { root } from "../setup/clone.mjs";

/** What `changeset version` and the packing of packages read at the root. */
const atRoot = [".changeset", "LICENSE", "package.json", "pnpm-workspace.yaml"];

/** Somebody: git wants to know who commits, and the copy is nobody's. */
const identity = ["-c", "user.name=release", "-c", "user.email=release@localhost", "-c", "commit.gpgsign=false"];

/**
 * @param {string} folder below which each folder may be a package
 * @returns {string[]} their manifests, below the root
 */
const manifestsIn = (folder) =>
  readdirSync(join(root, folder))
    .map((name) => join(folder, name, "package.json"))
    .filter((path) => existsSync(join(root, path)));

/**
 * The manifests and changesets of this clone as a repository of their own, so that versions can be made without changing
 * the clone.
 * @param {string} copy an empty folder
 */
export async function copyManifests(copy) {
  mkdirSync(copy, { recursive: true });
  for (const path of [...atRoot, ...manifestsIn("packages"), ...manifestsIn("examples")]) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(root, path), join(copy, path), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "junction");
  await must("git", ["init", "--quiet", "--initial-branch=main"], { cwd: copy });
  await must("git", ["add", "--all", ":!node_modules"], { cwd: copy });
  await must("git", [...identity, "commit", "--quiet", "--no-verify", "--message=copy"], { cwd: copy });
}

/**
 * Turn the changesets of a copy into versions and changelogs, as the pull request for a release has them.
 * @param {string} copy
 */
export async function changesetVersion(copy) {
  const changeset = join(root, "node_modules/@changesets/cli/bin.js");
  await must("node", [changeset, "version"], { cwd: copy, minutes: 2 });
}
