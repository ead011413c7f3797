import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BundleFile } from "../src/bundle.ts";
import { sha256 } from "../src/fingerprint.ts";
import { LOOK_CARRIED, READ_NOTE, TIDY_CARRIED } from "../src/remote-scripts.ts";
import { readNote, readThere, transferOf } from "../src/transfer.ts";

const file = (text: string, mode = 0o644): BundleFile => ({
  carried: { type: "file", path: `/local/${text}`, mode, uid: 1000, gid: 1000 },
  fingerprint: `f ${sha256(text)} ${mode.toString(8)} -`,
});
const link = (target: string): BundleFile => ({
  carried: { type: "link", path: "/local/l", target },
  fingerprint: `l ${sha256(target)}`,
});
const folder = (mode = 0o755): BundleFile => ({
  carried: { type: "folder", path: "/local/d", mode, uid: 999, gid: 99 },
  fingerprint: `d ${mode.toString(8)} 999:99`,
});
const f = (text: string) => `f ${sha256(text)}`;

describe("what is to be done with", () => {
  test.each<[string, BundleFile, string | undefined, string | undefined, "sent" | "kept" | "left"]>([
    ["a file that is as it should be", file("a"), file("a").fingerprint, f("a"), "left"],
    ["a file that was never there", file("a"), undefined, undefined, "sent"],
    ["a file that was removed there", file("a"), file("a").fingerprint, undefined, "sent"],
    ["a file that is as it was carried, and changed here", file("a"), file("b").fingerprint, f("b"), "sent"],
    ["a file that has other permissions now", file("a"), file("a", 0o600).fingerprint, f("a"), "sent"],
    ["a file that was written to there, and changed here", file("a"), file("b").fingerprint, f("c"), "kept"],
    ["a file that was written to there, and did not change here", file("a"), file("a").fingerprint, f("c"), "left"],
    ["a file that was written to there, and comes to the same", file("a"), file("b").fingerprint, f("a"), "left"],
    ["a file that was put there by somebody else", file("a"), undefined, f("c"), "kept"],
    ["a file in whose place somebody made a folder", file("a"), file("b").fingerprint, "d", "kept"],
    ["a link that leads elsewhere now", link("x"), link("y").fingerprint, `l ${sha256("y")}`, "sent"],
    ["a link that somebody there changed", link("x"), link("y").fingerprint, `l ${sha256("z")}`, "kept"],
    ["a folder that is there", folder(), folder().fingerprint, "d", "left"],
    ["a folder that is missing", folder(), undefined, undefined, "sent"],
    ["a folder whose permissions changed here", folder(0o700), folder().fingerprint, "d", "sent"],
  ])("%s", (_what, wanted, before, now, fate) => {
    const noted = new Map(before === undefined ? [] : [["n", before]]);
    const there = new Map(now === undefined ? [] : [["n", now]]);
    const { send, folders, kept, note } = transferOf(new Map([["n", wanted]]), noted, there);
    expect({ sent: send.size + folders.length === 1, kept: kept.includes("n") }).toEqual({
      sent: fate === "sent",
      kept: fate === "kept",
    });
    // What was not replaced is still what was carried before, so that the next look says the same.
    const left = fate === "kept" ? before : wanted.fingerprint;
    expect(readNote(note)?.get("n")).toBe(left);
    const anyway = transferOf(new Map([["n", wanted]]), noted, there, true);
    expect(anyway.kept).toEqual([]);
    if (fate === "kept") expect(anyway.send.size + anyway.folders.length).toBe(1);
  });

  test("all that differs, where nothing was noted yet", () => {
    const wanted = new Map([
      ["a", file("a")],
      ["b", file("b")],
      ["c", file("c")],
    ]);
    const { send, kept } = transferOf(
      wanted,
      undefined,
      new Map([
        ["a", f("x")],
        ["c", f("c")],
      ]),
    );
    expect([[...send.keys()], kept]).toEqual([["a", "b", "c"], []]);
  });

  test("what is not wanted any more: it goes where it is as it was carried", () => {
    const noted = new Map([
      ["d", folder().fingerprint],
      ["d/goes", file("g").fingerprint],
      ["written", file("w").fingerprint],
      ["stays", file("s").fingerprint],
    ]);
    const there = new Map([
      ["d", "d"],
      ["d/goes", f("g")],
      ["written", f("more")],
      ["stays", f("s")],
    ]);
    const { remove, note } = transferOf(new Map([["stays", file("s")]]), noted, there);
    expect(remove).toEqual(["d/goes", "d"]);
    expect([...readNote(note)!.keys()]).toEqual(["stays"]);
  });

  test("owners and what is sent instead of a file's content go along", () => {
    const { send, folders } = transferOf(
      new Map<string, BundleFile>([
        ["d", folder()],
        ["f", { ...file("f"), content: "other" }],
      ]),
      undefined,
      new Map(),
    );
    expect(send.get("f")).toEqual({ path: "/local/f", content: "other", owner: { uid: 1000, gid: 1000 } });
    expect(folders).toEqual([{ name: "d", mode: 0o755, owner: { uid: 999, gid: 99 } }]);
  });
});

test("a note of before links and folders were carried is still read", () => {
  expect(readNote("")).toBeUndefined();
  expect(readNote(`${sha256("a")} 644 with "quotes" x\n`)).toEqual(
    new Map([['with "quotes" x', `f ${sha256("a")} 644 -`]]),
  );
});

describe("on a host", () => {
  let there: string;
  beforeEach(() => {
    there = mkdtempSync(join(tmpdir(), "machinist-carried-"));
    mkdirSync(join(there, "project"));
  });
  afterEach(() => rmSync(there, { recursive: true, force: true }));
  const sh = (script: string, input = "") =>
    execFileSync("sh", ["-c", script, "sh", there], { input, encoding: "utf8" });
  const at = (name: string) => join(there, "project", name);
  const ended = (...fields: string[]) => fields.map((field) => `${field}\0`).join("");
  const odd = ["a b", "back\\slash", "-n", "two\nlines", "$HOME", "'q\"", "ümläut"];

  test("what is there is told, with odd names, links and folders, and without those that are not", () => {
    expect(sh(READ_NOTE)).toBe("");
    expect(readThere(sh(LOOK_CARRIED)).size).toBe(0);
    for (const name of odd) writeFileSync(at(name), name);
    symlinkSync("/etc/passwd", at("out"));
    symlinkSync("two\nlines", at("odd\nlink"));
    mkdirSync(at("dir"));
    const told = readThere(sh(LOOK_CARRIED, ended(...odd, "out", "odd\nlink", "dir", "nowhere", "dir/nowhere")));
    expect(told).toEqual(
      new Map([
        ["out", `l ${sha256("/etc/passwd")}`],
        ["odd\nlink", `l ${sha256("two\nlines")}`],
        ["dir", "d"],
        ...odd.map((name) => [name, f(name)] as const),
      ]),
    );
  });

  test("what is to go goes, and folders are made as they should be", () => {
    for (const name of odd) writeFileSync(at(name), "");
    mkdirSync(at("full"));
    writeFileSync(at("full/of"), "");
    mkdirSync(at("empty"));
    const own = `${process.getuid?.()}:${process.getgid?.()}`;
    sh(
      TIDY_CARRIED,
      ended(...odd.flatMap((name) => ["r", "-", "-", name])) +
        ended("r", "-", "-", "full", "r", "-", "-", "empty", "r", "-", "-", "nowhere/at/all") +
        ended("m", "1777", own, "new/deep", "m", "700", own, "full"),
    );
    expect(readdirSync(join(there, "project")).sort()).toEqual(["full", "new"]);
    expect(lstatSync(at("new/deep")).mode & 0o7777).toBe(0o1777);
    expect(lstatSync(at("full")).mode & 0o7777).toBe(0o700);
    chmodSync(at("full"), 0o755);
  });

  test("a link that somebody put in a folder's place leads nowhere", () => {
    const outside = mkdtempSync(join(tmpdir(), "machinist-outside-"));
    try {
      writeFileSync(join(outside, "precious"), "");
      symlinkSync(outside, at("cfg"));
      sh(TIDY_CARRIED, ended("r", "-", "-", "cfg/precious"));
      expect(existsSync(join(outside, "precious"))).toBe(true);
      const own = `${process.getuid?.()}:${process.getgid?.()}`;
      expect(() => sh(`exec 2>&1; ${TIDY_CARRIED}`, ended("m", "700", own, "cfg/sub"))).toThrow(/Command failed/);
      expect(readdirSync(outside)).toEqual(["precious"]);
    } finally {
      rmSync(outside, { recursive: true, force: true });
    }
  });
});
