import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { errorCatalogue } from "../scripts/docs/errors.mjs";
import { packageTable, withPackageTable } from "../scripts/docs/package-table.mjs";
import { blocks, localLinks, machinistLines, pages } from "./repository/markdown.ts";
import { readText, root } from "./repository/packages.ts";

describe.each(pages())("%s", (path) => {
  test("links to what is there", () => {
    const dead = localLinks(readText(path)).filter(
      (target) => !existsSync(join(root, normalize(join(dirname(path), target)))),
    );
    expect(dead).toEqual([]);
  });

  test("shows nobody's home and no machine of ours", () => {
    expect(readText(path)).not.toMatch(/\/(home|Users)\/[a-z]+\//);
  });
});

describe("errors.md", () => {
  const { entries, untold } = errorCatalogue();
  const listed = [...readText("docs/errors.md").matchAll(/^\| `([^`]+)` \|/gm)].map(([, code]) => code!);

  test("has every code of the sources, and no other (pnpm docs)", () => {
    expect(entries.length).toBeGreaterThan(20);
    expect(listed).toEqual(entries.map(({ code }) => code));
  });

  test("could tell every code", () => {
    expect(untold, "give MachinistError a code that is written in the source").toEqual([]);
  });
});

test("the README lists every published package as it describes itself (pnpm docs)", () => {
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
