import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildSite } from "../scripts/site/build.mjs";
import { root } from "./repository/packages.ts";

describe("the site of the documentation", () => {
  const folder = mkdtempSync(join(tmpdir(), "machinist-site-"));
  let built: Awaited<ReturnType<typeof buildSite>>;
  beforeAll(async () => {
    built = await buildSite(root, folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const pages = () =>
    (readdirSync(folder, { recursive: true }) as string[])
      .filter((path) => path.endsWith(".html"))
      .map((path) => ({ path, text: readFileSync(join(folder, path), "utf8") }));
  const ids = (text: string) => new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!));

  test("has a page for every page of the clone", () => {
    expect(built.pages).toBeGreaterThan(50);
    expect(pages()).toHaveLength(built.pages);
    expect(existsSync(join(folder, "index.html"))).toBe(true);
  });

  test("leads nowhere that is not there: pages, headings, pictures", () => {
    const all = new Map(pages().map(({ path, text }) => [path, { text, ids: ids(text) }]));
    const wrong: string[] = [];
    for (const [path, { text, ids: own }] of all)
      for (const [, href = ""] of text.matchAll(/ (?:href|src)="([^"]*)"/g)) {
        if (/^(https?|mailto):/.test(href)) continue;
        const [target = "", anchor] = href.split("#");
        const to = target === "" ? path : normalize(join(dirname(path), decodeURIComponent(target)));
        const there = all.get(to);
        const found = anchor === undefined ? existsSync(join(folder, to)) : (there?.ids ?? own).has(anchor);
        if (!found) wrong.push(`${path} -> ${href}`);
      }
    expect(wrong).toEqual([]);
  });

  test("asks nobody for anything: no script, no font, no picture from elsewhere", () => {
    for (const { path, text } of pages()) {
      expect([path, text.match(/<script|<link|@import|src="https?:/g)]).toEqual([path, null]);
      expect([path, text.match(/<main>\s*<\/main>/)]).toEqual([path, null]);
    }
  });
});
