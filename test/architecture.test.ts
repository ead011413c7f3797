import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ICruiseResult } from "dependency-cruiser";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askedAcrossCopies } from "./repository/copies.ts";
import { cruisePackages, describeViolation } from "./repository/cruise.ts";
import { importsOfPackages, undeclared, unused } from "./repository/imports.ts";
import { known } from "./repository/layers.ts";
import { packages, readText, root } from "./repository/packages.ts";
import { rules } from "./repository/rules.ts";
import { breaches, isGrabBag, lineCount, scans, sources, withoutComments } from "./repository/scans.ts";

/** No source is longer than this, ever. */
const hardLimit = 300;
/** Nor longer than this without a reason in `longFiles`. */
const softLimit = 250;
const longFiles: { readonly [path: string]: string } = {};

let result: ICruiseResult;
beforeAll(async () => {
  result = await cruisePackages(root);
});

describe("imports", () => {
  test("the cruise saw every package, and every package has its place", () => {
    expect(result.modules.length).toBeGreaterThan(0);
    for (const { folder } of packages()) {
      expect(known, `packages/${folder} has no layer in test/repository/layers.ts`).toContain(folder);
      expect(
        result.modules.some(({ source }) => source.startsWith(`packages/${folder}/src/`)),
        `no source of packages/${folder} was cruised`,
      ).toBe(true);
    }
  });

  test("follow the layers", () => {
    expect(result.summary.violations.map(describeViolation)).toEqual([]);
  });

  test("reach other packages by name and through their exports only", () => {
    expect(importsOfPackages(result).filter(({ direct }) => !direct)).toEqual([]);
  });

  test("are declared in the package's own package.json", () => {
    expect(undeclared(result)).toEqual([]);
  });

  test("use every dependency that is declared", () => {
    expect(unused(result)).toEqual([]);
  });
});

describe("sources", () => {
  for (const scan of scans)
    test(`${scan.name}: ${scan.comment}`, () => {
      const found = sources()
        .filter(({ folder }) => !scan.except.includes(folder))
        .flatMap(({ path }) => breaches(scan, path, readText(path)));
      expect(found).toEqual([]);
    });

  test(`have at most ${softLimit} lines, or a reason and at most ${hardLimit}`, () => {
    const long = sources()
      .map(({ path }) => ({ path, lines: lineCount(path) }))
      .filter(({ path, lines }) => lines > (path in longFiles ? hardLimit : softLimit));
    expect(long).toEqual([]);
  });

  test("know classes of which a process may have two by a mark or a code, not by instanceof", () => {
    expect(sources().flatMap(({ path }) => askedAcrossCopies(path, readText(path)))).toEqual([]);
  });

  test("have names that say what is inside", () => {
    expect(sources().filter(({ path }) => isGrabBag(path.replace(/^packages\/[^/]+\//, "")))).toEqual([]);
  });
});

describe("the rules themselves", () => {
  const tree = mkdtempSync(join(tmpdir(), "machinist-rules-"));
  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  const plant = (path: string, ...imports: string[]) => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), [...imports.map((from) => `import "${from}";`), "export {};"].join("\n"));
  };

  test("each gives its reason, and each is broken by code that breaks it", async () => {
    const at = (folder: string) => `../../${folder}/src/index.ts`;
    plant("packages/core/src/index.ts", at("ssh"));
    plant("packages/programs/src/index.ts", at("ssh"));
    plant("packages/ssh/src/index.ts", at("provision"));
    plant("packages/provision/src/index.ts", at("swarm"), at("fleet"));
    plant("packages/swarm/src/index.ts", at("testkit"), "./missing.ts", "../test/fake.ts");
    plant("packages/swarm/test/fake.ts");
    plant("packages/fleet/src/index.ts", at("cli"), at("driver-nspawn"));
    plant("packages/driver-nspawn/src/index.ts");
    plant("packages/cli/src/index.ts", at("tui"), at("docker-machine"), at("fleet"));
    plant("packages/docker-machine/src/index.ts");
    plant("packages/tui/src/index.ts", at("cli"));
    plant("packages/testkit/src/index.ts", at("ssh"));
    plant("packages/lab/src/index.ts", at("provision"));
    const broken = await cruisePackages(tree);
    const names = new Set(broken.summary.violations.map(({ rule }) => rule.name));
    expect([...names].sort()).toEqual(rules.forbidden?.map(({ name }) => name).sort());
    for (const rule of rules.forbidden ?? []) expect(rule.comment?.length ?? 0, rule.name).toBeGreaterThan(40);
  });

  test("instanceof is seen where the class may be another copy's, and only there", () => {
    const ask = (from: string) => `import { a, Wrong, type B } from "${from}";\nif (thrown instanceof Wrong) a();`;
    expect(askedAcrossCopies("packages/ssh/src/dial.ts", ask("@machinist/core"))).toEqual([
      "packages/ssh/src/dial.ts: Wrong",
    ]);
    expect(askedAcrossCopies("packages/ssh/src/dial.ts", ask("./wrong.ts"))).toEqual([]);
    expect(askedAcrossCopies("packages/docker-machine/src/app.ts", ask("./wrong.ts"))).toHaveLength(1);
    expect(askedAcrossCopies("packages/cli/src/parse.ts", ask("commander"))).toEqual([]);
  });

  test("a text rule sees code, not comments", () => {
    const source = [
      "/* console.log() */",
      "const a = 'console.log'; // console.log()",
      'console.log("//", a);',
      "`${a} // x`;",
    ].join("\n");
    expect(breaches(scans[0]!, "a.ts", source)).toEqual(["a.ts:3"]);
    expect(withoutComments(source)).toContain("`${a} // x`");
    expect(isGrabBag("src/utils.ts")).toBe(true);
    expect(isGrabBag("src/helpers/quote.ts")).toBe(true);
    expect(isGrabBag("src/quote.ts")).toBe(false);
  });
});
