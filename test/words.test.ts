import { describe, expect, test } from "vitest";
import { pages } from "./repository/markdown.ts";
import { filesBelow, packages, readText } from "./repository/packages.ts";

/** Words of ours that nobody else in this field uses, and what stands in their place: docs/glossary.md. */
const retired: readonly (readonly [RegExp, string])[] = [
  [/\banew\b/i, "again, or recreated"],
  [/\bput(s|ting)? right\b/i, "repair"],
  [/\bbehind (our|its|their) backs?\b/i, "outside machinist"],
  [/\bowner'?s? marks?\b/i, "owner tag"],
  [/\bcut short\b/i, "interrupted"],
  [/\b(weather|storms?|deeds?)\b/i, "faults, random faults, effects"],
  [/\bthe loop\b/i, "the reconciler"],
];

const found = (text: string): string[] =>
  text
    .split("\n")
    .flatMap((line) =>
      retired.flatMap(([word, instead]) => (word.test(line) ? [`${line.trim()} (say: ${instead})`] : [])),
    );

describe("words that strangers do not know", () => {
  test.each(pages())("do not stand in %s", (path) => {
    expect(found(readText(path))).toEqual([]);
  });

  test("are seen where they stand", () => {
    expect(found("It is made anew\nall is well\nby its owner mark")).toHaveLength(2);
  });

  const names =
    /^export (?:async )?(?:class|const|function|interface|type) (Kinds?|AnyKind|Ledger|Turns|MarkedObject|UpdateForeseen|Weather|HastyClock|Teller|Foresight|Complaint|Deed)\b/m;
  test.each(packages().map(({ folder }) => folder))("are not exported by %s", (folder) => {
    const exported = filesBelow(`packages/${folder}/src`, [".ts", ".tsx"]).flatMap(
      (path) => names.exec(readText(path))?.[1] ?? [],
    );
    expect(exported).toEqual([]);
  });
});

describe("the glossary", () => {
  const rows = readText("docs/glossary.md")
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| Term"))
    .map((line) => line.split("|").map((cell) => cell.trim()));

  test("has each term once, in order, in one sentence", () => {
    const terms = rows.map(([, term]) => String(term).toLowerCase());
    expect(terms.length).toBeGreaterThan(35);
    expect(terms).toEqual([...new Set(terms)].sort((a, b) => a.localeCompare(b, "en")));
    expect(rows.filter(([, , meaning]) => !meaning?.endsWith("."))).toEqual([]);
  });
});
