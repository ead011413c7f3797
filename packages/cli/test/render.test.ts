import type { Event } from "@machinist/core";
import { cut, oneLine, pad, sanitize, widthOf } from "@machinist/terminal-text";
import xterm from "@xterm/headless";
import { afterEach, describe, expect, test, vi } from "vitest";
import { advance, frame, liveRenderer, nothingYet, plainRenderer } from "../src/index.ts";
import { chooseRenderer } from "../src/render/choose.ts";
import { still } from "../src/render/still.ts";
import { styleOf } from "../src/style.ts";
import { story, until } from "./story.ts";
import { FakeOut } from "./world.ts";

const style = styleOf(false);
const plain = (debug: boolean): string => {
  let text = "";
  const renderer = plainRenderer({ write: (more) => (text += more), style, debug });
  for (const event of story) renderer.show(event);
  renderer.end();
  return text;
};
const pictured = (ms: number, columns = 80, rows = 24): string =>
  frame(until(ms).reduce(advance, nothingYet), { columns, rows, now: 1_000_000 + ms, style, tick: 0 }).join("\n");

describe("plain", () => {
  test("one line per fact", async () => {
    await expect(plain(false)).toMatchFileSnapshot("golden/plain.txt");
  });
  test("with --debug, every step and look", async () => {
    await expect(plain(true)).toMatchFileSnapshot("golden/plain-debug.txt");
  });
});

describe("plain, when nothing happens", () => {
  afterEach(() => vi.useRealTimers());

  test("says every half minute what is under way, and stops with the run", () => {
    vi.useFakeTimers({ now: 1_000_000 });
    let text = "";
    const renderer = plainRenderer({ write: (more) => (text += more), style, debug: false });
    for (const event of until(2200)) renderer.show(event);
    text = "";
    vi.advanceTimersByTime(62_000);
    expect(text.split("\n").slice(0, 3)).toEqual([
      "  30.0s  worker-2   instance still creating (30 s)",
      "  30.0s  manager-1  engine still creating: install-docker (28 s)",
      "  30.0s  worker-1   engine still creating (28 s)",
    ]);
    expect(text).toContain("60.0s");
    renderer.end();
    text = "";
    vi.advanceTimersByTime(62_000);
    expect(text).toBe("");
  });

  test("of many machines it names some", () => {
    const machines = Array.from({ length: 9 }, (_, index) => `m${index}`);
    const progress = machines
      .map((name) => ({ at: 0, type: "resource" as const, id: `${name}/vm`, kind: "k", status: "creating" as const }))
      .reduce(advance, nothingYet);
    expect(still(progress, 30_000).map(({ text }) => text)).toEqual([
      ...Array(5).fill("vm still creating (30 s)"),
      "and 4 more",
    ]);
  });
});

describe("frame", () => {
  test.each([0, 420, 2200, 4150, 5300])("after %i ms", async (ms) => {
    await expect(pictured(ms)).toMatchFileSnapshot(`golden/frame-${ms}.txt`);
  });

  test("is never wider or higher than the terminal, and says what it leaves out", () => {
    for (const rows of [3, 4, 5, 6, 7, 8])
      for (const columns of [20, 40, 79, 200]) {
        const lines = pictured(2200, columns, rows).split("\n");
        expect(lines.length).toBeLessThanOrEqual(rows);
        expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns);
      }
    expect(pictured(2200, 80, 4)).toContain("… and 2 of 4 more: 1 working, 1 done");
  });

  test("of a hundred machines in 24 rows shows first what fails and works", () => {
    const machines = Array.from({ length: 100 }, (_, index) => `node-${index + 1}`);
    const events: Event[] = [
      { at: 0, type: "run", action: "up", status: "started", machines },
      ...machines.map((name, index) => ({
        at: 1,
        type: "resource" as const,
        id: `${name}/instance`,
        kind: "k",
        status: index < 90 ? ("ready" as const) : ("creating" as const),
      })),
      { at: 2, type: "failed", id: "node-50/instance", code: "x.y", message: "no" },
    ];
    const lines = frame(events.reduce(advance, nothingYet), { columns: 80, rows: 24, now: 3, style, tick: 0 });
    expect(lines).toHaveLength(24);
    expect(lines.join("\n")).toContain("✖ node-50");
    expect(lines.filter((line) => line.includes("creating"))).toHaveLength(10);
    expect(lines.at(-1)).toBe("  … and 78 of 100 more: 78 done");
  });

  test("the reducer changes nothing it was given", () => {
    const before = until(2000).reduce(advance, nothingYet);
    const copy = structuredClone(before);
    story.reduce(advance, before);
    expect(before).toEqual(copy);
  });
});

describe("live", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** What a real terminal shows of what was written to it. */
  async function screen(text: string, columns: number, rows: number): Promise<{ lines: string[]; hidden: boolean }> {
    const terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 200, allowProposedApi: true });
    await new Promise<void>((resolve) => terminal.write(text.replaceAll("\n", "\r\n"), resolve));
    const { active } = terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, y) => active.getLine(y)?.translateToString(true) ?? "");
    const hidden = text.lastIndexOf("\x1b[?25l") > text.lastIndexOf("\x1b[?25h");
    return { lines: lines.join("\n").trimEnd().split("\n"), hidden };
  }

  function play(out: FakeOut, events: readonly Event[], onEvent?: (index: number) => void): void {
    let now = 1_000_000;
    vi.useFakeTimers();
    const renderer = liveRenderer({ out, style, debug: false, now: () => now });
    for (const [index, event] of events.entries()) {
      while (now + 100 < event.at) {
        vi.advanceTimersByTime(100);
        now += 100;
      }
      now = event.at;
      renderer.show(event);
      onEvent?.(index);
    }
    renderer.end();
    renderer.end();
    vi.useRealTimers();
  }

  test("redraws in place: the screen holds messages, then one last picture", async () => {
    const out = new FakeOut(80, 24);
    play(out, story);
    const { lines, hidden } = await screen(out.text, 80, 24);
    await expect(lines.join("\n")).toMatchFileSnapshot("golden/live.txt");
    expect(hidden).toBe(false);
    expect(out.watched).toBe(0);
  });

  test("with fewer rows than machines it still leaves one picture only", async () => {
    const out = new FakeOut(60, 4);
    play(out, story);
    const { lines } = await screen(out.text, 60, 4);
    expect(lines.filter((line) => line.startsWith("up demo"))).toHaveLength(1);
  });

  test("a terminal made larger in the middle leaves no rubbish", async () => {
    const out = new FakeOut(70, 24);
    play(out, story, (index) => index === 15 && out.resize(110, 30));
    const { lines } = await screen(out.text, 110, 30);
    expect(lines.filter((line) => line.startsWith("up demo"))).toHaveLength(1);
  });

  test("about ten frames a second, however many events", () => {
    const out = new FakeOut(80, 24);
    play(
      out,
      story.flatMap((event) => Array.from({ length: 50 }, () => event)),
    );
    expect(out.text.split("\x1b[J").length).toBeLessThan(70);
  });
});

describe("the choice of a renderer", () => {
  const drawn = (more: Partial<Parameters<typeof chooseRenderer>[0]>, columns?: number): string => {
    const out = new FakeOut(columns);
    const renderer = chooseRenderer({
      ...{ progress: "auto", json: false, quiet: false, debug: false, env: {}, now: () => 0 },
      ...{ out, style },
      ...more,
    });
    renderer.show(story[0]!);
    renderer.end();
    return out.text;
  };
  test.each([
    ["a terminal", {}, 80, /\x1b\[\?25l/],
    ["a pipe", {}, undefined, /^ +0\.0s {2}up demo/],
    ["a dumb terminal", { env: { TERM: "dumb" } }, 80, /^ +0\.0s/],
    ["CI", { env: { CI: "true" } }, 80, /^ +0\.0s/],
    ["--progress live in CI", { env: { CI: "1" }, progress: "live" }, 80, /\x1b\[\?25l/],
    ["--progress live in a pipe", { progress: "live" }, undefined, /^ +0\.0s/],
    ["--progress plain", { progress: "plain" }, 80, /^ +0\.0s/],
    ["--progress none", { progress: "none" }, 80, /^$/],
    ["--quiet", { quiet: true }, 80, /^$/],
    ["--json", { json: true, quiet: true }, 80, /^\{"at":1000000,"type":"run"/],
  ] as const)("%s", (_, more, columns, expected) => {
    expect(drawn(more, columns)).toMatch(expected);
  });
});

describe("widths", () => {
  test.each([
    ["abc", 3],
    ["\x1b[31mred\x1b[39m", 3],
    ["日本", 4],
    ["é", 1],
    ["e\u0301", 1],
    ["👩‍👩‍👧‍👦", 2],
    ["✔ ok", 4],
    ["⠋…├", 3],
    ["❤️", 2],
    ["한글", 4],
  ])("%s takes %i cells", (text, width) => {
    expect(widthOf(text)).toBe(width);
  });

  test("cut and pad", () => {
    expect(cut("日本語です", 5)).toBe("日本…");
    expect(cut("日本語", 6)).toBe("日本語");
    expect(pad("日本", 6)).toBe("日本  ");
    expect(cut("\x1b[31mlong red\x1b[39m", 5)).toBe("\x1b[31mlong…\x1b[0m");
    expect(cut("abc", 0)).toBe("");
  });

  test("text of others is made harmless", () => {
    expect(oneLine("a\r\n  b\x1b[2J\x1b]8;;http://x\x07c\x00\u202ed")).toBe("a bcd");
    expect(sanitize("a\x1bcb\x9b31mc\nd")).toBe("ab31mc\nd");
  });
});
