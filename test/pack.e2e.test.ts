import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Manifest, packages, root } from "./repository/packages.ts";
import { describeUnless, type Lack, testUnless } from "./skipped.ts";

const published = packages().filter(({ manifest }) => !manifest.private);
const work = mkdtempSync(join(tmpdir(), "machinist-pack-"));
const tarballs = new Map<string, string>();
/** The packed manifests: what an installation sees. */
const packed = new Map<string, Manifest>();

beforeAll(() => {
  const unbuilt = published.filter(({ path }) => !existsSync(join(path, "dist")));
  if (unbuilt.length > 0)
    throw new Error(`Not built: ${unbuilt.map(({ folder }) => folder).join(", ")}. Run pnpm build`);
  for (const { path, manifest } of published) {
    execFileSync("pnpm", ["pack", "--pack-destination", work], { cwd: path, stdio: "pipe" });
    const file = join(work, `${manifest.name.slice(1).replace("/", "-")}-${manifest.version}.tgz`);
    tarballs.set(manifest.name, file);
    packed.set(manifest.name, JSON.parse(fromTarball(file, "package.json")) as Manifest);
  }
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const fromTarball = (file: string, path: string): string =>
  execFileSync("tar", ["-xzOf", file, `package/${path}`], { encoding: "utf8" });

const contents = (file: string): string[] =>
  execFileSync("tar", ["-tzf", file], { encoding: "utf8" })
    .trim()
    .split("\n")
    .map((path) => path.replace(/^package\//, ""));

describe.each(published)("the tarball of packages/$folder", ({ manifest: { name } }) => {
  test("holds the bundle, licence and README, and neither sources nor tests", () => {
    const files = contents(tarballs.get(name)!);
    expect(files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json"]));
    expect(files.filter((file) => /^(src|test)\//.test(file) || /\.tsx?$/.test(file.replace(/\.d\.ts$/, "")))).toEqual(
      [],
    );
    expect(fromTarball(tarballs.get(name)!, "package.json")).not.toMatch(/workspace:|@machinist\/source/);
  });

  test("has no complaint from publint", async () => {
    const bytes = readFileSync(tarballs.get(name)!);
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test("has types that resolve as its code does (are the types wrong)", () => {
    const attw = join(root, "node_modules/.bin/attw");
    const args = [
      tarballs.get(name)!,
      "--profile",
      "esm-only",
      "--format",
      "ascii",
      "--no-color",
      "--no-emoji",
      "--no-definitely-typed",
    ];
    const { status, stdout, stderr } = spawnSync(attw, args, { encoding: "utf8" });
    expect(status, stdout + stderr).toBe(0);
  });
});

/** A package and all of ours that it needs, as an installation would fetch them. */
function closure(names: readonly string[], found = new Set<string>()): Set<string> {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    const { dependencies, peerDependencies } = packed.get(name)!;
    closure(
      Object.keys({ ...dependencies, ...peerDependencies }).filter((one) => packed.has(one)),
      found,
    );
  }
  return found;
}

/** Installs tarballs into an empty folder with npm, as a user would from the registry. */
function install(folder: string, names: readonly string[]): string {
  const into = join(work, folder);
  mkdirSync(into);
  const dependencies = Object.fromEntries([...closure(names)].map((name) => [name, `file:${tarballs.get(name)}`]));
  writeFileSync(
    join(into, "package.json"),
    JSON.stringify({ name: folder, private: true, type: "module", dependencies }),
  );
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", "--omit=dev"], {
    cwd: into,
    stdio: "pipe",
  });
  return into;
}

const without = (...names: string[]): Lack => {
  const missing = names.filter((name) => !published.some(({ folder }) => folder === name));
  return missing.length === 0 ? undefined : `there are no packages ${missing.join(", ")}`;
};

describeUnless(without("cli", "driver-nspawn"), "cli and one driver in an empty folder", () => {
  let folder = "";
  const machinist = (...args: string[]) =>
    spawnSync(join(folder, "node_modules/.bin/machinist"), args, {
      encoding: "utf8",
      env: { PATH: process.env.PATH, HOME: folder, MACHINE_STORAGE_PATH: join(folder, "store") },
    });
  beforeAll(() => {
    folder = install("empty", ["@machinist/cli", "@machinist/driver-nspawn"]);
  });

  test("bring only what they need", () => {
    const ours = readdirSync(join(folder, "node_modules/@machinist")).map((name) => `@machinist/${name}`);
    expect(new Set(ours)).toEqual(closure(["@machinist/cli", "@machinist/driver-nspawn"]));
    expect(ours).not.toContain("@machinist/testkit");
  });

  test("machinist --version says the packed version", () => {
    const { status, stdout, stderr } = machinist("--version");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(packed.get("@machinist/cli")!.version);
  });

  test("machinist ls of an empty store succeeds and makes no store", () => {
    expect(machinist("ls").status).toBe(0);
    expect(existsSync(join(folder, "store"))).toBe(false);
  });

  test("machinist create --help shows the driver's own options", () => {
    const { status, stdout } = machinist("create", "--driver", "nspawn", "--help");
    expect(status).toBe(0);
    expect(stdout).toContain("--nspawn-");
  });
});

testUnless(without("fleet", "driver-nspawn"), "the library is imported by name from an empty folder", () => {
  const folder = install("library", ["@machinist/fleet"]);
  const program =
    'import { openMachinist } from "@machinist/fleet";\n' +
    'const machinist = await openMachinist({ storagePath: "store" });\n' +
    "console.log((await machinist.names()).length);\n";
  writeFileSync(join(folder, "main.mjs"), program);
  expect(execFileSync(process.execPath, ["main.mjs"], { cwd: folder, encoding: "utf8" })).toBe("0\n");
});
