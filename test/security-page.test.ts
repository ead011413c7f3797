import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = readFileSync(join(root, "docs/security.md"), "utf8");
const section = page.slice(page.indexOf("## What is promised"), page.indexOf("## What is not promised"));

/** The rows of the table: what is promised, and by which words of which test files it is held. */
const promises = section
  .split("\n")
  .filter((line) => line.startsWith("| ") && line.includes("`: "))
  .map((line) => {
    const [, promise = "", held = ""] = line.split(" | ").length === 2 ? ["", ...line.slice(2, -2).split(" | ")] : [];
    const tests = held.split("; ").map((each) => /^`([^`]+)`: (.+)$/.exec(each.trim()));
    return { promise, tests };
  });

test("the page's promises are found", () => {
  expect(promises.length).toBeGreaterThan(20);
});

test.each(promises)("$promise: there is the test that holds it", ({ tests }) => {
  for (const named of tests) {
    const [, file = "", words = ""] = named ?? [];
    expect(existsSync(join(root, file)), file).toBe(true);
    expect(readFileSync(join(root, file), "utf8")).toContain(words);
  }
});
