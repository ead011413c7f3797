/**
 * What is published, as users get it: all packages packed and installed with npm into a folder of their own. Tests that
 * start a program start it from there. Done once per build: kept in .work/packed by what the tarballs are made of.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { must } from "./child.mjs";
import { Refusal, root, say, workDir } from "./clone.mjs";
import { toolEnv } from "./packages.mjs";

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {boolean} [private]
 * @property {readonly string[]} [files]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [peerDependencies]
 *
 * @typedef {{ file: string, manifest: Manifest }} Tarball the packed manifest: what an installation sees
 */

const packed = join(workDir, "packed");
/** Builds that stay: those of runs that may be under way, and of a change and its undoing. */
const kept = 4;

/** @param {string} file @returns {Manifest} */
const readManifest = (file) => JSON.parse(readFileSync(file, "utf8"));

/** Folders of the packages that are published. */
function published() {
  const all = readdirSync(join(root, "packages")).map((name) => join(root, "packages", name));
  return all
    .filter((path) => existsSync(join(path, "package.json")))
    .map((path) => ({ path, manifest: readManifest(join(path, "package.json")) }))
    .filter(({ manifest }) => !manifest.private);
}

/** @param {string} path @returns {string[]} the file, or all files below the folder */
function filesOf(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  const below = readdirSync(path, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  return below.map((each) => join(each.parentPath, each.name)).sort();
}

/** What this build is called: the same for the same bytes, wherever and whenever they were made. */
export function packedKey() {
  const unbuilt = published().filter(({ path }) => !existsSync(join(path, "dist")));
  if (unbuilt.length > 0)
    throw new Refusal(`Not built: ${unbuilt.map(({ manifest }) => manifest.name).join(", ")}. Run pnpm build`);
  const hash = createHash("sha256");
  const files = published().flatMap(({ path, manifest }) =>
    ["package.json", "README.md", ...(manifest.files ?? [])].flatMap((name) => filesOf(join(path, name))),
  );
  for (const file of [join(root, "LICENSE"), ...files]) {
    const content = readFileSync(file);
    hash.update(`${relative(root, file)} ${content.length}\n`).update(content);
  }
  return hash.digest("hex").slice(0, 16);
}

/**
 * Make a folder that is there whole or not at all, also when several processes want it at once.
 * @param {string} folder
 * @param {(draft: string) => Promise<void>} make
 */
async function once(folder, make) {
  if (existsSync(folder)) return;
  const draft = `${folder}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  try {
    await make(draft);
    renameSync(draft, folder);
  } catch (thrown) {
    // Another process was first, and made the same.
    if (!existsSync(folder)) throw thrown;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** @param {string} draft */
async function pack(draft) {
  const names = published().map(({ manifest }) => `--filter=${manifest.name}`);
  await must("pnpm", ["--recursive", ...names, "pack", "--pack-destination", draft], { env: toolEnv(), minutes: 5 });
  for (const { manifest } of published()) {
    const name = tarballName(manifest);
    const text = await must("tar", ["-xzOf", join(draft, `${name}.tgz`), "package/package.json"]);
    writeFileSync(join(draft, `${name}.json`), text);
  }
}

/** @param {Manifest} manifest */
const tarballName = ({ name, version }) => `${name.slice(1).replace("/", "-")}-${version}`;

/**
 * The tarballs of all published packages, by name.
 * @returns {Promise<Record<string, Tarball>>}
 */
export async function packedTarballs() {
  const folder = join(packed, packedKey(), "tarballs");
  await once(folder, pack);
  return Object.fromEntries(
    published().map(({ manifest }) => {
      const file = join(folder, tarballName(manifest));
      return [manifest.name, { file: `${file}.tgz`, manifest: readManifest(`${file}.json`) }];
    }),
  );
}

/**
 * Install tarballs with npm, as a user would from the registry.
 * @param {string} folder
 * @param {Record<string, Tarball>} tarballs
 */
async function install(folder, tarballs) {
  const dependencies = Object.fromEntries(Object.entries(tarballs).map(([name, { file }]) => [name, `file:${file}`]));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
  // Scripts of others' packages only compile speed-ups, which we do not need.
  const flags = ["--no-audit", "--no-fund", "--prefer-offline", "--omit=dev", "--no-package-lock", "--ignore-scripts"];
  await must("npm", ["install", ...flags], { cwd: folder, minutes: 5 });
}

/** Remove the builds before the last few. @param {string} current */
function forgetOld(current) {
  const builds = readdirSync(packed)
    .filter((name) => name !== current && /^[0-9a-f]{16}$/.test(name))
    .map((name) => ({ path: join(packed, name), made: statSync(join(packed, name)).mtimeMs }))
    .sort((a, b) => b.made - a.made);
  for (const { path } of builds.slice(kept - 1)) rmSync(path, { recursive: true, force: true });
}

/**
 * Pack and install this build, if that was not done yet. This process and those it starts find it from then on.
 * @returns {Promise<string>} the folder it is installed in
 */
export async function preparePacked() {
  const key = packedKey();
  const prefix = join(packed, key, "prefix");
  if (!existsSync(prefix)) {
    say(`Installing what is published into ${relative(root, prefix)}`);
    const tarballs = await packedTarballs();
    await once(prefix, (draft) => install(draft, tarballs));
    forgetOld(key);
  }
  process.env.MACHINIST_PACKED = prefix;
  return prefix;
}

/**
 * Where a command of the installed packages is: `machinist`, `docker-machine`, or a plugin's name.
 * @param {string} command
 */
export function packedCommand(command) {
  const prefix = process.env.MACHINIST_PACKED ?? join(packed, packedKey(), "prefix");
  const file = join(prefix, "node_modules/.bin", command);
  if (existsSync(file)) return file;
  throw new Refusal(`${command} is not installed from this build's packages: ${relative(root, file)} is missing.`);
}

/** The folder that imports by name lead to. */
export const packedModules = () => dirname(dirname(packedCommand("machinist")));
