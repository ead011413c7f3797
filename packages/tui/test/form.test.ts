import { describe, expect, test } from "vitest";
import { tableOf } from "../src/state/current-list.ts";
import type { Effect } from "../src/state/effect.ts";
import type { FormScreen } from "../src/state/screens.ts";
import { type State, topOf } from "../src/state/state.ts";
import { form, press, scene } from "./scene.ts";

const open = (): State => form();
const rows = (state: State) => tableOf(state).rows;
const values = (state: State) => (topOf(state) as FormScreen).form.values;

describe("the form for new machines", () => {
  test("opens by n or :create, and not in read-only mode", () => {
    const effects: Effect[] = [];
    press(scene(), "n:create\r", effects);
    expect(effects).toEqual([{ what: "new" }, { what: "new" }]);
    expect(press({ ...scene(), readOnly: true }, "n").notice?.text).toMatch(/^Read-only/);
  });

  test("has the machine's fields, then the driver's, those that are needed first, none that does nothing", () => {
    expect(rows(open()).map(({ cells }) => cells[0])).toEqual([
      "name",
      "how many",
      "driver",
      "docker",
      "size",
      "colour",
      "shiny",
      "tags",
      "key",
      "create",
    ]);
    expect(rows(open()).map(({ cells }) => cells[1])).toEqual([
      "",
      "1",
      "toy",
      "true",
      "",
      "red",
      "",
      "",
      "$TOY_KEY",
      "",
    ]);
    expect(rows(open())[0]!.cells[2]).toBe("Needed");
  });

  test("takes what is typed and says what is wrong with it, by the driver's own schema", () => {
    const typed = press(open(), "\rweb\rjjjj\rbig\r");
    expect(values(typed)).toEqual({ name: "web", "option size": "big" });
    expect(rows(typed)[4]).toMatchObject({
      mood: "bad",
      cells: ["size", "big", expect.stringContaining("whole number")],
    });
    expect(rows(press(typed, "\r\x150\r"))[4]!.cells[2]).toContain("1");
    expect(rows(press(typed, "\r\x157\r"))[4]).toMatchObject({ mood: "good" });
    expect(values(press(typed, "\r\x15\r"))).toEqual({ name: "web" });
    expect(values(press(typed, "\x7f"))).toEqual({ name: "web" });
    expect(rows(press(open(), "\r../x\r"))[0]!.cells[2]).toContain("cannot be a machine's name");
    expect(rows(press(open(), "\rbox\r"))[0]!.cells[2]).toBe("There is a machine box already");
  });

  test("goes through few values by key, and another driver brings its own fields", () => {
    const state = press(open(), "jjjjj");
    expect(rows(press(state, " "))[5]!.cells[1]).toBe("blue");
    expect(rows(press(state, "  "))[5]!.cells[1]).toBe("red");
    expect(rows(press(state, "j\r"))[6]!.cells[1]).toBe("true");
    const other = press(press(open(), "\rweb\r"), "jj ");
    expect(rows(other).map(({ cells }) => cells[0])).toEqual(["name", "how many", "driver", "docker", "create"]);
    expect(values(other).name).toBe("web");
  });

  test("goes to what is wrong instead of creating, and else asks, naming all of it", () => {
    const wrong = press(open(), "\rweb\r\x13");
    expect(wrong.notice?.text).toBe("size: Needed");
    expect((topOf(wrong) as FormScreen).place.key).toBe("option size");
    const effects: Effect[] = [];
    const asked = press(wrong, "\r3\rjjj\ra,b\rgj\r2\rG\r", effects);
    expect(asked.question).toMatchObject({
      title: "Create 2 machines, web-1 to web-2?",
      lines: ["Driver toy", "size: 3", "tags: a,b", "Docker is installed.", expect.stringContaining("charges")],
    });
    press(asked, "y", effects);
    expect(effects).toEqual([
      {
        what: "create",
        names: ["web-1", "web-2"],
        driver: "toy",
        options: { size: 3, tags: ["a", "b"] },
        docker: true,
      },
    ]);
  });

  test("is left like any screen", () => {
    expect(topOf(press(open(), "q")).name).toBe("machines");
    expect(topOf(press(open(), "\r\x1b")).name).toBe("form");
  });
});
