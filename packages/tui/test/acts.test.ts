import { describe, expect, test } from "vitest";
import { commands } from "../src/keys/commands.ts";
import type { Effect } from "../src/state/effect.ts";
import { endsOf } from "../src/state/ends.ts";
import type { Machine, State } from "../src/state/state.ts";
import { after, containers, press, scene } from "./scene.ts";

const effectsOf = (state: State, typed: string): Effect[] => {
  const effects: Effect[] = [];
  press(state, typed, effects);
  return effects;
};

describe("acts on machines", () => {
  test("a start is done at once; stop, restart, kill and remove only after y", () => {
    expect(effectsOf(scene(), "t")).toEqual([{ what: "power", action: "start", machines: ["manager-1"] }]);
    for (const [key, action] of [
      ["x", "stop"],
      ["r", "restart"],
      ["\x0b", "kill"],
    ] as const) {
      expect(effectsOf(scene(), key)).toEqual([]);
      expect(effectsOf(scene(), `${key}n`)).toEqual([]);
      expect(effectsOf(scene(), `${key}y`)).toEqual([{ what: "power", action, machines: ["manager-1"] }]);
    }
    expect(effectsOf(scene(), "\x04\r")).toEqual([]);
    expect(effectsOf(scene(), "\x04y")).toEqual([{ what: "remove", machines: ["manager-1"] }]);
  });

  test("the question names what ends", () => {
    const { question } = press(scene(), "\x04");
    expect(question).toMatchObject({
      title: "Remove manager-1?",
      lines: [
        "manager-1: 3 running containers, 5 in all, 9 images, 4 resources, Swarm manager",
        "Swarm managers among them: 1",
        "What is on their disks is lost. This cannot be undone.",
      ],
    });
    const stop = press(scene(), "kx").question;
    expect(stop?.title).toBe("Stop 4 machines?");
    expect(stop?.lines).toContain("worker-1: 12 running containers, Swarm worker");
    expect(stop?.lines.at(-1)).toBe("Nothing on their disks is lost.");
  });

  test("the question counts one as one", () => {
    const engine = { running: 1, containers: 1, images: 1 };
    expect(endsOf([{ name: "a", engine, info: { resources: [{}] } } as unknown as Machine], "remove")[0]).toBe(
      "a: 1 running container, 1 in all, 1 image, 1 resource",
    );
  });

  test("work on those that are marked", () => {
    expect(effectsOf(scene(), "  t")).toEqual([
      { what: "power", action: "start", machines: ["manager-1", "worker-1"] },
    ]);
    expect(press(scene(), "*x").question?.lines).toHaveLength(9);
  });

  test("lines to copy name the machine, and the store where it is another", () => {
    expect(effectsOf(scene(), "c")).toEqual([{ what: "copy", text: 'eval "$(machinist env manager-1)"' }]);
    expect(effectsOf({ ...scene(), program: "machinist -s /x" }, "jy")).toEqual([
      { what: "copy", text: "machinist -s /x ssh worker-1" },
    ]);
  });

  test("a shell is on the one machine under the cursor", () => {
    expect(effectsOf(scene(), "js")).toEqual([{ what: "shell", machine: "worker-1" }]);
    expect(press(scene(), "ks").notice?.text).toBe("There is no machine under the cursor");
  });

  test("in read-only mode nothing that changes is done, by key or by command", () => {
    const state = { ...scene(), readOnly: true };
    for (const typed of ["t", "x", "r", "\x0b", "\x04", "s", ":remove\r", ":start\r", ":kill\r"]) {
      expect(effectsOf(state, typed)).toEqual([]);
      expect(press(state, typed[0] === ":" ? typed : typed[0]!).notice?.text).toMatch(/^Read-only: /);
    }
    expect(effectsOf({ ...containers(), readOnly: true }, "sxtr\x04")).toEqual([]);
    expect(effectsOf(state, "c")).toHaveLength(1);
  });

  test("while something is under way, leaving is asked about once", () => {
    const busy = after(scene(), { type: "work", id: 1, words: "remove box" });
    expect(effectsOf(scene(), "q")).toEqual([{ what: "quit" }]);
    expect(press(busy, "q").question?.lines[0]).toBe("remove box: stops in order");
    expect(effectsOf(busy, "qy")).toEqual([{ what: "quit" }]);
    expect(effectsOf(busy, "\x03\x03")).toEqual([{ what: "quit" }]);
    const done = after(busy, { type: "work-end", id: 1, notice: { level: "info", text: "Removed box" } });
    expect(done).toMatchObject({ works: [], notice: { text: "Removed box" } });
  });
});

describe("acts on containers", () => {
  const target = { machine: "manager-1", container: { id: "web", name: "web", running: true } };

  test("come before those on their machine", () => {
    expect(effectsOf(containers(), "s")).toEqual([{ what: "shell", ...target }]);
    expect(effectsOf(containers(), "t")).toEqual([{ what: "container", verb: "start", ...target }]);
    expect(effectsOf(containers(), "xy")).toEqual([{ what: "container", verb: "stop", ...target }]);
    expect(effectsOf(containers(), "ry")).toEqual([{ what: "container", verb: "restart", ...target }]);
    expect(press(containers(), "\x04").question).toMatchObject({ title: "Remove container web on manager-1?" });
    expect(effectsOf(containers(), "\x04y")).toEqual([{ what: "container", verb: "remove", ...target }]);
    expect(press(containers(), "js").notice?.text).toBe("old is not running");
    expect(effectsOf(containers(), "c")).toEqual([{ what: "copy", text: 'eval "$(machinist env manager-1)"' }]);
  });
});

describe("commands", () => {
  test("may be shortened, and are completed", () => {
    expect(press(scene(), ":the").prompt?.text).toBe("the");
    expect(press(scene(), ":the\t").prompt?.text).toBe("theme ");
    expect(press(scene(), ":theme l\t\r").theme).toBe("light");
    expect(press(scene(), ":go work\t").prompt?.text).toBe("go worker-");
    expect(press(scene(), ":re\t").prompt?.text).toBe("re");
    expect(effectsOf(scene(), ":qui\r")).toEqual([{ what: "quit" }]);
  });

  test("that are wrong are told", () => {
    expect(press(scene(), ":nope\r").notice?.text).toBe("There is no command nope; ? lists them");
    expect(press(scene(), ":sort colour\r").notice?.text).toContain("is none of name, state");
    expect(press(scene(), ":go nobody\r").notice?.text).toBe("There is no machine nobody");
    expect(press(scene(), ":\r").notice).toBeUndefined();
    expect(press(scene(), ":sort docker\r").sort.by).toBe("docker");
    expect(press(scene(), "?:filter box\r").filter).toBe("box");
  });

  test("each does something or says why not", () => {
    for (const { name, values } of commands) {
      const state = scene();
      const effects: Effect[] = [];
      const argument = values?.(state)[1] ?? "box";
      const next = press(state, `j?:${name} ${argument}\r`, effects);
      const same = next.screens.length === 2 && next.notice === undefined && effects.length === 0;
      expect(same && next.theme === state.theme && next.sort === state.sort, name).toBe(false);
    }
  });
});
