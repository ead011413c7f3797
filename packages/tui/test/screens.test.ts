import { fit, widthOf, wrapped } from "@machinist/terminal-text";
import { describe, expect, test } from "vitest";
import { screenLines } from "../src/draw/screen-lines.ts";
import { fitColumns } from "../src/draw/table-lines.ts";
import { machineTable } from "../src/state/machine-rows.ts";
import { type State, themeNames } from "../src/state/state.ts";
import { after, containers, empty, form, info, now, press, scene } from "./scene.ts";

const sgr = /\x1b\[[0-9;]*m/g;

const picture = (state: State): string =>
  `${screenLines(state)
    .map((line) => line.replace(sgr, "").trimEnd())
    .join("\n")}\n`;

const logged = (columns: number, rows: number) =>
  after(press(containers(columns, rows), "l"), {
    type: "log",
    container: "web",
    lines: ["10.0.0.9 GET / 200", "\x1b[31mred\x1b[0m and 漢字 and\ttabs", "x".repeat(400)],
  });

const pictures: { readonly [name: string]: (columns: number, rows: number) => State } = {
  machines: scene,
  marked: (columns, rows) => press(scene(columns, rows), " /demo"),
  detail: (columns, rows) => press(scene(columns, rows), "\r"),
  engine: (columns, rows) => press(scene(columns, rows), "\r3"),
  containers,
  log: logged,
  question: (columns, rows) => press(scene(columns, rows), "*\x04"),
  form: (columns, rows) => press(form(columns, rows), "\rweb\rjjjj\rbig\r"),
  help: (columns, rows) => press(scene(columns, rows), "?"),
  none: (columns, rows) => after(empty(columns, rows), { type: "names", names: [] }),
};

describe.each([
  [80, 24],
  [300, 80],
])("at %i x %i", (columns, rows) => {
  test.each(Object.keys(pictures))("%s", async (name) => {
    await expect(picture(pictures[name]!(columns, rows))).toMatchFileSnapshot(`golden/${name}-${columns}x${rows}.txt`);
  });
});

test("whatever the size, all lines fill it and none is too long", () => {
  for (const [columns, rows] of [
    [20, 8],
    [33, 10],
    [79, 24],
    [81, 25],
    [120, 40],
    [181, 50],
  ] as const)
    for (const make of Object.values(pictures)) {
      const lines = screenLines(make(columns, rows));
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect(widthOf(line.replace(sgr, ""))).toBeLessThanOrEqual(columns);
    }
});

test("only rows in view are drawn, and the cursor is among them", () => {
  const names = Array.from({ length: 1000 }, (_, index) => `node-${index}`);
  const many = after(
    empty(80, 24),
    { type: "names", names },
    { type: "infos", infos: names.map((name) => info(name, { fleet: "many" })) },
  );
  const text = picture(press(many, "G"));
  expect(text).toContain("node-999");
  expect(text).not.toContain("node-980 ");
  expect(picture(press(many, "Ggg"))).toContain("- many  1000 machines");
});

test("without colours nothing but bold, dim, underline and reverse is used", () => {
  for (const theme of themeNames) {
    const codes = new Set(
      Object.values(pictures).flatMap((make) =>
        screenLines({ ...make(120, 30), theme }).flatMap((line) =>
          (line.match(sgr) ?? []).flatMap((one) => one.slice(2, -1).split(";")),
        ),
      ),
    );
    const coloured = [...codes].some((code) => Number(code) >= 30);
    expect(coloured).toBe(theme !== "monochrome");
  }
});

test("a narrow list gives up what matters least first", () => {
  const titles = (total: number) => fitColumns(machineTable(scene()), total).map(({ column }) => column.title);
  expect(titles(200)).toHaveLength(16);
  expect(titles(80)).toEqual(["NAME", "STATE", "ADDRESS", "SWARM", "UP/ALL", "CERT", "NOTE"]);
  expect(titles(30)).toEqual(["NAME", "STATE"]);
});

test("a notice and its hint, work, and what is known of the machine under the cursor share a line", () => {
  const line = (state: State) => picture(state).split("\n").at(-3);
  expect(line(press(scene(), ":go lost\r"))).toMatch(/^ lost: Docker on lost .* did not answer/);
  const busy = after(scene(), { type: "work", id: 1, words: "stop box" });
  expect(line(busy)).toBe(" stop box");
  const told = after(busy, { type: "notice", notice: { level: "error", text: "It failed", hint: "Look" } });
  expect(line(told)).toBe(" It failed. Look");
  expect(line(press(told, "j"))).toBe(" stop box");
  expect(after(told, { type: "clock", now: now + 60_000 }).now).toBe(now + 60_000);
});

describe("text", () => {
  test("is cut and filled by cells", () => {
    expect(fit("漢字漢字", 5)).toBe("漢字…");
    expect(fit("漢字漢字", 6)).toBe("漢字… ");
    expect(fit("abc", 5, true)).toBe("  abc");
    expect(fit("abcdef", 4)).toBe("abc…");
    expect(fit("abc", 0)).toBe("");
    for (const text of ["👨‍👩‍👧 family", "e\u0301clair", "\x1b]0;title\x07x", "a\u202eb", "🇩🇪🇫🇷"])
      for (let width = 1; width < 12; width++) expect(widthOf(fit(text, width)), `${text} ${width}`).toBe(width);
  });

  test("commands no terminal", () => {
    expect(fit("\x1b[31mred\x1b[0m\x07\r\n\x9b2J", 10)).toBe("red 2J    ");
  });

  test("is broken between words", () => {
    expect(wrapped("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrapped("abcdefghij kl", 5)).toEqual(["abcd…", "kl"]);
  });
});
