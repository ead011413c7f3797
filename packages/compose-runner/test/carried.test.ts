import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { decide, type FileFingerprint } from "../src/carried.ts";
import { LOOK_CARRIED, REMOVE_STALE } from "../src/remote-scripts.ts";

const sum = (letter: string): string => letter.repeat(64);
const fingerprint = (letter: string, mode = 0o644): FileFingerprint => ({ sha256: sum(letter), mode });
const bundle = (fingerprints: { readonly [name: string]: FileFingerprint }) => ({
  files: new Map(Object.keys(fingerprints).map((name) => [name, `/local/${name}`])),
  fingerprints: new Map(Object.entries(fingerprints)),
});

test.each<[string, FileFingerprint | undefined, string | undefined, "sent" | "kept" | "left"]>([
  ["is as it should be", fingerprint("a"), "a", "left"],
  ["was never there", undefined, undefined, "sent"],
  ["was removed there", fingerprint("a"), undefined, "sent"],
  ["is as it was carried, and changed here", fingerprint("b"), "b", "sent"],
  ["has other permissions now", fingerprint("a", 0o600), "a", "sent"],
  ["was written to there", fingerprint("b"), "c", "kept"],
  ["was written to there, and comes to the same", fingerprint("b"), "a", "left"],
  ["was put there by somebody else", undefined, "c", "kept"],
])("a file that %s", (_what, carried, there, fate) => {
  const before = new Map(carried === undefined ? [] : [["f", carried]]);
  const { send, kept, note } = decide(
    bundle({ f: fingerprint("a") }),
    before,
    new Map(there ? [["f", sum(there)]] : []),
  );
  expect({ sent: send.has("f"), kept: kept.includes("f") }).toEqual({ sent: fate === "sent", kept: fate === "kept" });
  // What was not replaced is still what was carried before, so that the next look says the same.
  const noted = fate === "kept" ? carried : fingerprint("a");
  expect(note).toBe(noted === undefined ? "" : `${noted.sha256} ${noted.mode.toString(8)} f\n`);
});

test("where nothing was noted yet, all that differs is sent", () => {
  const { send, kept } = decide(
    bundle({ a: fingerprint("a"), b: fingerprint("b") }),
    undefined,
    new Map([["a", sum("x")]]),
  );
  expect([[...send.keys()], kept]).toEqual([["a", "b"], []]);
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "machinist-carried-"));
  mkdirSync(join(folder, "project"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const sh = (script: string, input = "") =>
  execFileSync("sh", ["-c", script, "sh", folder], { input, encoding: "utf8" });
const put = (name: string, text: string) => writeFileSync(join(folder, name), text);

test("a host tells what was noted and what is there, with odd names and those that are not", () => {
  expect(sh(LOOK_CARRIED)).toBe("\n//\n");
  put("carried", `${sum("a")} 644 x\n`);
  for (const name of ["a b", "back\\slash", "-n"]) put(`project/${name}`, "");
  const [noted, seen = ""] = sh(LOOK_CARRIED, "a b\nback\\slash\n-n\nnowhere\n").split("\n//\n");
  expect(noted).toBe(`${sum("a")} 644 x\n`);
  expect(seen.trim().split("\n")).toHaveLength(3);
});

test("what is no longer carried goes, but for what was written to there", () => {
  const hash = (text: string) => execFileSync("sha256sum", { input: text, encoding: "utf8" }).slice(0, 64);
  for (const name of ["stays", "goes", "written", "other"]) put(`project/${name}`, name);
  // What it holds now is what another file was carried as.
  put("project/written", "stays");
  put("files", "stays\ngoes\nwritten\nnowhere\n");
  put("carried", `${hash("stays")} 644 stays\n${hash("goes")} 644 goes\n${hash("before")} 644 written\n`);
  put("files.new", "stays\n");
  put("carried.new", `${hash("stays")} 644 stays\n`);
  sh(REMOVE_STALE);
  expect(execFileSync("ls", [join(folder, "project")], { encoding: "utf8" })).toBe("other\nstays\nwritten\n");
  expect(execFileSync("ls", [folder], { encoding: "utf8" })).toBe("carried\nfiles\nproject\n");
});
