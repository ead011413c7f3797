import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { knownDrivers } from "../packages/fleet/src/known-drivers.ts";
import { type Manifest, packages, readManifest, readText, root } from "./repository/packages.ts";

const source = "@machinist/source";
const all = packages();
/** One place says where this repository is; scripts/release-repository.mjs writes it into every manifest. */
const { repository } = readManifest(`${root}package.json`);
const home = repository?.url?.replace(/^git\+|\.git$/g, "") ?? "";
const names = new Set(all.map(({ manifest }) => manifest.name));

/** Everything that would keep a package from being published and used as its users expect. */
function faults(folder: string, manifest: Manifest): string[] {
  const fault: string[] = [];
  const want = (holds: boolean, sentence: string) => holds || fault.push(sentence);
  want(manifest.name === `@machinist/${folder}`, `name is @machinist/${folder}, as its folder`);
  want(/^\d+\.\d+\.\d+/.test(manifest.version ?? ""), "version is a semantic version");
  want((manifest.description?.length ?? 0) > 20, "description is a sentence that tells what it is for");
  want(!manifest.description?.endsWith("."), "description has no full stop, as npm shows it in lists");
  want(manifest.license === "Apache-2.0", "license is Apache-2.0");
  want(manifest.type === "module", "type is module");
  want(manifest.engines?.node === ">=20", "engines.node is >=20");
  if (manifest.private) return fault;
  want(
    manifest.publishConfig?.access === "public",
    "publishConfig.access is public: scoped packages are private without it",
  );
  want(manifest.publishConfig?.provenance === true, "publishConfig.provenance is true: users can see what built it");
  want(
    manifest.repository?.url === repository?.url && manifest.repository?.directory === `packages/${folder}`,
    "repository has the url of the root, and the package's directory: provenance is refused without",
  );
  want(manifest.homepage === `${home}/tree/main/packages/${folder}#readme`, "homepage is the README");
  want(manifest.bugs === `${home}/issues`, "bugs is where issues go");
  const { keywords = [] } = manifest;
  want(
    keywords.includes("machinist") && keywords.length > 2 && new Set(keywords).size === keywords.length,
    "keywords has machinist and what people look for, each once",
  );
  want(manifest.files?.includes("CHANGELOG.md") ?? false, "files lists CHANGELOG.md");
  want(manifest.files?.includes("dist") ?? false, "files lists dist");
  want(!(manifest.files ?? []).some((file) => /^(src|test)\b/.test(file)), "files lists neither src nor test");
  want(manifest.scripts?.build !== undefined, "scripts.build exists, for turbo");
  want(
    !Object.keys(manifest.scripts ?? {}).some((name) => /install$/.test(name)),
    "no script runs on a user's install",
  );
  return [...fault, ...exportFaults(manifest)];
}

/** `exports` is for work in this repository (sources); `publishConfig.exports` is what users get (bundles). */
function exportFaults({ exports = {}, publishConfig }: Manifest): string[] {
  const published = publishConfig?.exports ?? {};
  const fault = JSON.stringify(published).includes(source) ? [`publishConfig.exports names ${source}`] : [];
  for (const [entry, target] of Object.entries(exports)) {
    if (typeof target === "string") {
      if (published[entry] !== target) fault.push(`publishConfig.exports["${entry}"] is ${target}`);
      continue;
    }
    const { [source]: from, ...rest } = target;
    if (Object.keys(target)[0] !== source) fault.push(`exports["${entry}"] begins with ${source}`);
    if (from === undefined || !/^\.\/src\/.*\.tsx?$/.test(from))
      fault.push(`exports["${entry}"] has its source in src`);
    if (JSON.stringify(published[entry]) !== JSON.stringify(rest))
      fault.push(`publishConfig.exports["${entry}"] equals exports["${entry}"] without ${source}`);
    if (rest.types?.replace(/\.d\.ts$/, "") !== rest.default?.replace(/\.js$/, ""))
      fault.push(`exports["${entry}"] has types beside its default`);
  }
  for (const entry of Object.keys(published)) if (!(entry in exports)) fault.push(`exports has "${entry}" too`);
  if (!("./package.json" in exports)) fault.push("exports shows ./package.json");
  return fault;
}

describe.each(all)("packages/$folder", ({ folder, path, manifest }) => {
  test("has a package.json that can be published", () => {
    expect(faults(folder, manifest)).toEqual([]);
  });

  test("has a README with its name and an example", () => {
    expect(existsSync(join(path, "README.md")), `packages/${folder}/README.md exists`).toBe(true);
    const text = readFileSync(join(path, "README.md"), "utf8");
    expect(text.split("\n")[0]).toBe(`# ${manifest.name}`);
    if (!manifest.private) expect(text).toMatch(/^```\w+$/m);
  });

  test("names its sisters by the workspace, and publishes nothing that needs a private one", () => {
    const used = Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies });
    const ours = used.filter(([name]) => names.has(name));
    expect(ours.filter(([, range]) => !range.startsWith("workspace:"))).toEqual([]);
    if (manifest.private) return;
    const hidden = ours.filter(([name]) => all.find((one) => one.manifest.name === name)?.manifest.private);
    expect(hidden).toEqual([]);
  });
});

test("each third-party package that users get is in docs/releasing.md, with its range and a reason", () => {
  const got = all
    .filter(({ manifest }) => !manifest.private)
    .flatMap(({ manifest: { dependencies, optionalDependencies, peerDependencies } }) =>
      Object.entries({ ...dependencies, ...optionalDependencies, ...peerDependencies }),
    )
    .filter(([name]) => !names.has(name));
  const rows = readText("docs/releasing.md").matchAll(/^\| `([^`]+)` \| `([^`]+)` \| \S.{5,} \|$/gm);
  const told = [...rows].map(([, name, range]) => `${name} ${range}`);
  expect(told.sort()).toEqual([...new Set(got.map(([name, range]) => `${name} ${range}`))].sort());
});

test("the packages that fleet tells users to install are the drivers that are published", () => {
  const drivers = all.filter(({ folder, manifest }) => folder.startsWith("driver-") && !manifest.private);
  // driver-plugin finds drivers that are programs, and is none itself.
  const published = drivers.map(({ manifest }) => manifest.name).filter((name) => name !== "@machinist/driver-plugin");
  expect([...new Set(Object.values(knownDrivers))].sort()).toEqual(published.sort());
});

test("the root says where the repository is, as npm wants it", () => {
  expect(repository).toEqual({ type: "git", url: expect.stringMatching(/^git\+https:\/\/[^ ]+\/machinist\.git$/) });
});

test("one version of each dependency in the whole workspace", () => {
  const seen = new Map<string, Map<string, string[]>>();
  for (const { folder, manifest } of [...all, { folder: "(root)", manifest: readManifest(`${root}package.json`) }])
    for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      if (names.has(name)) continue;
      const ranges = seen.get(name) ?? new Map<string, string[]>();
      seen.set(name, ranges.set(range, [...(ranges.get(range) ?? []), folder]));
    }
  const several = [...seen].filter(([, ranges]) => ranges.size > 1).map(([name, ranges]) => [name, [...ranges]]);
  expect(several).toEqual([]);
});

test("a manifest with faults is told each of them", () => {
  const bad: Manifest = { name: "x", exports: { ".": { [source]: "./lib/a.ts", default: "./dist/a.js" } } };
  expect(faults("core", bad).length).toBeGreaterThan(14);
  const leaking = { ".": { [source]: "./src/index.ts", types: "./dist/index.d.ts", default: "./dist/index.js" } };
  expect(exportFaults({ name: "x", exports: leaking, publishConfig: { exports: leaking } })).toContain(
    `publishConfig.exports names ${source}`,
  );
});
