import { expect, it } from "vitest";
import { parseDockerignore } from "../src/dockerignore.ts";

it.each<[string, string, boolean]>([
  ["*.log", "a.log", true],
  ["*.log", "sub/a.log", false],
  ["**/*.log", "sub/deep/a.log", true],
  ["**/*.log", "a.log", true],
  ["node_modules", "node_modules/x/y.js", true],
  ["/dist/", "dist/index.js", true],
  ["a?c", "abc", true],
  ["a?c", "a/c", false],
  ["[ab].txt", "b.txt", true],
  ["# node_modules", "node_modules", false],
  ["*\n!keep.txt", "keep.txt", false],
  ["*\n!keep.txt", "other.txt", true],
  ["docs\n!docs/README.md", "docs/README.md", false],
  ["docs\n!docs/README.md", "docs/x.md", true],
  ["!x\nx", "x", true],
  ["a.b", "aXb", false],
  ["./x/../y", "y", true],
  ["src/**/test", "src/a/b/test", true],
  ["src/**/test", "src/test", true],
  [".", "anything", false],
  ["", "anything", false],
])("%j leaves out %s: %s", (rules, path, out) => {
  expect(parseDockerignore(rules).ignored(path)).toBe(out);
});
