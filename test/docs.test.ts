import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { readManifest } from "@machinist/manifest";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { errorCatalogue } from "../scripts/docs/errors.mjs";
import { hintsOf } from "../scripts/docs/hints.mjs";
import { renderManifest } from "../scripts/docs/manifest.mjs";
import { packageTable, withPackageTable } from "../scripts/docs/package-table.mjs";
import { type Block, blocks, localLinks, machinistLines, pages } from "./repository/markdown.ts";
import { readText, root } from "./repository/packages.ts";

const isManifest = ({ language, text }: Block): boolean => language === "yaml" && /^machines:/m.test(text);

describe.each(pages())("%s", (path) => {
  test("links to what is there", () => {
    const dead = localLinks(readText(path)).filter(
      (target) => !existsSync(join(root, normalize(join(dirname(path), target)))),
    );
    expect(dead).toEqual([]);
  });

  test("shows nobody's home and no machine of ours", () => {
    expect(readText(path)).not.toMatch(/\/(home|Users)\/(?!me\/)[a-z]+\//);
  });
});

describe("manifests in the pages", () => {
  const shown = pages().flatMap((path) => blocks(path).filter(isManifest));
  const folder = mkdtempSync(join(tmpdir(), "machinist-docs-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("are there", () => {
    expect(shown.length).toBeGreaterThan(3);
  });

  test.each(shown)("$at is a valid one", async ({ text }) => {
    const named = [...text.matchAll(/\b(?:files?|run|module): *\[?([\w./-]+(?:, *[\w./-]+)*)/g)];
    for (const path of named.flatMap(([, list]) => list!.split(/, */))) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), "services: {}\n");
    }
    writeFileSync(join(folder, "machines.yaml"), text);
    const { spec, warnings } = await readManifest(["machines.yaml"], { env: {}, cwd: folder });
    expect(warnings).toEqual([]);
    expect(spec.machines.length).toBeGreaterThan(0);
  });

  test("the demo's file is the one that the README shows", async () => {
    const { spec } = await readManifest([join(root, "examples/demo/machines.yaml")], { env: {}, cwd: root });
    expect(spec.machines.map(({ name }) => name)).toEqual(["manager-1", "worker-1", "worker-2"]);
    const readme = blocks("README.md").find(isManifest);
    expect(parse(readme!.text)).toEqual(parse(readText("examples/demo/machines.yaml")));
  });
});

test("machines-yaml-reference.md is in step with the schema (pnpm run docs)", () => {
  expect(readText("docs/machines-yaml-reference.md")).toBe(renderManifest());
});

describe("errors.md", () => {
  const { entries, untold } = errorCatalogue();
  const listed = [...readText("docs/errors.md").matchAll(/^\| `([^`]+)` \|/gm)].map(([, code]) => code!);

  test("has every code of the sources, and no other (pnpm run docs)", () => {
    expect(entries.length).toBeGreaterThan(20);
    expect(listed).toEqual(entries.map(({ code }) => code));
  });

  test("has a hint for every code, or the reason why there is none", () => {
    expect(entries.filter((entry) => hintsOf(entry).length === 0).map(({ code }) => code)).toEqual([]);
  });

  test("could tell every code", () => {
    expect(untold, "give MachinistError a code that is written in the source").toEqual([]);
  });
});

test("the README lists every published package as it describes itself (pnpm run docs)", () => {
  expect(readText("README.md")).toBe(withPackageTable(readText("README.md"), packageTable()));
});

test("blocks, links and command lines are found", () => {
  const page =
    "a [b](c.md#d) [e](https://f)\n```sh\n# machinist no\n$ machinist ls -q  # x\nnpx machinist rm box; machinist up\n```\n";
  expect(localLinks(page)).toEqual(["c.md"]);
  expect(blocks("p.md", page)).toMatchObject([{ at: "p.md:3", language: "sh" }]);
  expect(machinistLines(blocks("p.md", page)[0]!.text)).toEqual([["ls", "-q"], ["rm", "box"], ["up"]]);
  expect(machinistLines('eval "$(npx machinist env manager)"; docker ps')).toEqual([["env", "manager"]]);
});
