import { describe, expect, test } from "vitest";
import { bindings } from "../src/keys/bindings.ts";
import { decodeKeys } from "../src/keys/decode.ts";
import { helpTable } from "../src/keys/help-table.ts";

const names = (text: string) => decodeKeys(text).keys.map(({ name }) => name);

describe("keys", () => {
  test("are told apart, however many come at once", () => {
    expect(names("a\x1b[A\x1bOB G\x03\x04\r\t\x7f\x1b[5~\x1b[6~\x1b[Z")).toEqual([
      "a",
      "up",
      "down",
      "space",
      "G",
      "ctrl-c",
      "ctrl-d",
      "enter",
      "tab",
      "backspace",
      "pgup",
      "pgdn",
      "shift-tab",
    ]);
    expect(names("é箱👍")).toEqual(["é", "箱", "👍"]);
    expect(names("\x1ba")).toEqual(["esc", "a"]);
    expect(names("\x1b[99;5u")).toEqual(["unknown-[99;5u"]);
  });

  test("that come in pieces are waited for", () => {
    for (const piece of ["\x1b", "\x1b[", "\x1b[1;", "\x1bO"])
      expect(decodeKeys(`a${piece}`)).toMatchObject({ rest: piece });
    expect(decodeKeys("\x1b[200~half a pas").rest).toBe("\x1b[200~half a pas");
  });

  test("a paste types and commands nothing", () => {
    const { keys } = decodeKeys("\x1b[200~q\r\x1b[31mred\x1b[201~x");
    expect(keys).toEqual([
      { name: "paste", text: "q [31mred" },
      { name: "x", text: "x" },
    ]);
  });

  test("mean one thing in each place", () => {
    const seen = new Set<string>();
    for (const { keys, where } of bindings)
      for (const key of keys) {
        expect(seen.has(`${where} ${key}`), `${key} ${where}`).toBe(false);
        seen.add(`${where} ${key}`);
      }
  });

  test("are all in the help", () => {
    const text = helpTable()
      .rows.map(({ cells }) => cells.join(" "))
      .join("\n");
    for (const { what } of bindings) expect(text).toContain(what);
  });
});
