import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CheckResult, checkPackage, createPackageFromTarballData, Package } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  globalModules,
  globalProgram,
  installedPackages,
  installGlobally,
  npmEnv,
} from "../scripts/release/install.mjs";
import type { Packed } from "../scripts/release/pack.mjs";
import { rehearse } from "../scripts/release/rehearsal.mjs";
import { filesOfTarball, fromTarball } from "../scripts/release/tarball.mjs";
import { type Manifest, packages } from "./repository/packages.ts";

/**
 * A release up to the step that needs an account, as `pnpm release:try` does it: every package is packed once, published
 * to a registry on this computer, and installed from it into empty folders.
 */
const published = packages().filter(({ manifest }) => !manifest.private);
const work = mkdtempSync(join(tmpdir(), "machinist-release-"));
const tarballs = new Map<string, Packed>();
/** The packed manifests: what an installation sees. */
const manifests = new Map<string, Manifest>();
const commandLine = join(work, "command-line");
const dropIn = join(work, "drop-in");

beforeAll(async () => {
  const { registry, packed, close } = await rehearse(work);
  try {
    for (const each of packed) {
      tarballs.set(each.name, each);
      manifests.set(each.name, JSON.parse(fromTarball(each.filename, "package.json")) as Manifest);
    }
    const env = npmEnv(work, registry);
    await Promise.all([
      installGlobally(commandLine, ["@machinist/cli", "@machinist/driver-nspawn"], env),
      // The library is beside them, with what it needs below it.
      installGlobally(dropIn, ["@machinist/docker-machine", "@machinist/driver-nspawn", "@machinist/fleet"], env),
    ]);
  } finally {
    close();
  }
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** What is wrong with types for users of ES modules; others are told by `require` itself that there are only these. */
function typeProblems(result: CheckResult) {
  if (!result.types) return ["no types"];
  const others = ["node10", "node16-cjs"];
  return result.problems.filter((problem) => {
    const resolution = "resolutionKind" in problem ? problem.resolutionKind : undefined;
    const option = "resolutionOption" in problem ? problem.resolutionOption : undefined;
    return !others.includes(resolution ?? option ?? "");
  });
}

test("every published package was published, at a version", () => {
  expect([...tarballs.keys()].sort()).toEqual(published.map(({ manifest }) => manifest.name).sort());
  for (const [name, { version }] of tarballs) expect(version, name).not.toBe("0.0.0");
});

describe.each(published)("the tarball of packages/$folder", ({ manifest: { name } }) => {
  test("holds the bundle, licence, README and changelog, and neither sources nor tests", () => {
    const { filename } = tarballs.get(name)!;
    const files = filesOfTarball(filename).map(({ path }) => path);
    expect(files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "CHANGELOG.md", "package.json"]));
    expect(files.filter((file) => /^(src|test)\//.test(file) || /\.tsx?$/.test(file.replace(/\.d\.ts$/, "")))).toEqual(
      [],
    );
    expect(fromTarball(filename, "package.json")).not.toMatch(/workspace:|@machinist\/source/);
  });

  test("needs of ours what was published with it", () => {
    const { dependencies, optionalDependencies } = manifests.get(name)!;
    for (const [other, range] of Object.entries({ ...dependencies, ...optionalDependencies }))
      if (manifests.has(other)) expect(range, other).toBe(`^${manifests.get(other)!.version}`);
  });

  test("has no complaint from publint", async () => {
    const bytes = readFileSync(tarballs.get(name)!.filename);
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test("has types that resolve as its code does (are the types wrong)", async () => {
    const tarball = createPackageFromTarballData(new Uint8Array(readFileSync(tarballs.get(name)!.filename)));
    expect(typeProblems(await checkPackage(tarball))).toEqual([]);
  });
});

test("types that are missing where code is are seen", async () => {
  const bytes = readFileSync(tarballs.get("@machinist/go-rpc")!.filename);
  const whole = createPackageFromTarballData(new Uint8Array(bytes));
  const left = whole.listFiles().filter((file) => !file.endsWith("dist/index.d.ts"));
  const files = Object.fromEntries(left.map((file) => [file, whole.readFile(file)]));
  const result = await checkPackage(new Package(files, whole.packageName, whole.packageVersion));
  expect(typeProblems(result)).not.toEqual([]);
});

/** A package and all of ours that it needs, as an installation fetches them. */
function closure(names: readonly string[], found = new Set<string>()): Set<string> {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    const { dependencies, optionalDependencies, peerDependencies } = manifests.get(name)!;
    const needed = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
    closure(
      needed.filter((one) => manifests.has(one)),
      found,
    );
  }
  return found;
}

const ours = (prefix: string): string[] => installedPackages(prefix).filter((name) => name.startsWith("@machinist/"));

/** Types a command as a user who has installed it into this prefix. */
function typed(prefix: string, program: string, ...args: string[]) {
  const env = { PATH: process.env.PATH, HOME: prefix, MACHINE_STORAGE_PATH: join(prefix, "store") };
  return spawnSync(globalProgram(prefix, program), args, { encoding: "utf8", env, cwd: prefix });
}

describe("cli and one driver, installed into an empty folder", () => {
  const machinist = (...args: string[]) => typed(commandLine, "machinist", ...args);

  test("bring only what they need", () => {
    expect(ours(commandLine)).toEqual([...closure(["@machinist/cli", "@machinist/driver-nspawn"])].sort());
    expect(ours(commandLine)).not.toContain("@machinist/testkit");
  });

  test("machinist --version says the published version", () => {
    const { status, stdout, stderr } = machinist("--version");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toBe(`${manifests.get("@machinist/cli")!.version}\n`);
  });

  test("machinist ls of an empty store succeeds and makes no store", () => {
    expect(machinist("ls").status).toBe(0);
    expect(existsSync(join(commandLine, "store"))).toBe(false);
  });

  test("machinist create --help shows the driver's own options", () => {
    const { status, stdout } = machinist("create", "--driver", "nspawn", "--help");
    expect(status).toBe(0);
    expect(stdout).toContain("--nspawn-");
  });

  test("machinist driver ls finds the driver that was installed beside it", () => {
    const { status, stdout } = machinist("driver", "ls", "--json");
    expect(status).toBe(0);
    const found = JSON.parse(stdout) as { driver: string; state: string }[];
    expect(found.find(({ driver }) => driver === "nspawn")?.state).not.toBe("missing");
    expect(found.find(({ driver }) => driver === "qemu")?.state).toBe("missing");
  });
});

describe("docker-machine and one driver, installed into an empty folder", () => {
  const dockerMachine = (...args: string[]) => typed(dropIn, "docker-machine", ...args);

  test("bring only what they need", () => {
    expect(ours(dropIn)).toEqual([...closure(["@machinist/docker-machine", "@machinist/driver-nspawn"])].sort());
  });

  test("docker-machine --version says the published version", () => {
    const { status, stdout } = dockerMachine("--version");
    expect(status).toBe(0);
    expect(stdout).toContain(`machinist-${manifests.get("@machinist/docker-machine")!.version}`);
  });

  test("docker-machine create --help shows the driver's own options, ls an empty list", () => {
    expect(dockerMachine("create", "--driver", "nspawn", "--help").stdout).toContain("--nspawn-image");
    expect(dockerMachine("ls")).toMatchObject({ status: 0, stdout: expect.stringMatching(/^NAME.*\n$/) });
  });
});

test("the library is imported by name from an empty folder", () => {
  // Beside node_modules, with nothing of the others in reach: their dependencies lie below themselves.
  const folder = join(globalModules(dropIn), "..", "program");
  mkdirSync(folder);
  const program =
    'import { openMachinist } from "@machinist/fleet";\n' +
    'const machinist = await openMachinist({ storagePath: "store" });\n' +
    "console.log((await machinist.names()).length);\n";
  writeFileSync(join(folder, "main.mjs"), program);
  expect(execFileSync(process.execPath, ["main.mjs"], { cwd: folder, encoding: "utf8" })).toBe("0\n");
});
