import { describe, expect, test } from "vitest";
import { currentRow, tableOf } from "../src/state/current-list.ts";
import { machineTable } from "../src/state/machine-rows.ts";
import { topOf } from "../src/state/state.ts";
import { after, empty, facts, info, now, press, scene } from "./scene.ts";

const shown = (state: Parameters<typeof tableOf>[0]) => tableOf(state).rows.map(({ heading, key }) => heading ?? key);
const cellsOf = (state: Parameters<typeof tableOf>[0], name: string) =>
  machineTable(state).rows.find(({ key }) => key === name)!.cells;

describe("the list of machines", () => {
  test("is grouped by fleet, in natural order", () => {
    expect(shown(scene())).toEqual([
      "- demo  4 machines",
      "manager-1",
      "worker-1",
      "worker-2",
      "worker-10",
      "- solo  3 machines, 1 in trouble",
      "box",
      "lost",
      "箱",
    ]);
  });

  test("tells state, address, driver, Docker, Swarm, containers, certificate, lease", () => {
    const state = scene();
    expect(cellsOf(state, "manager-1")).toEqual([
      "manager-1",
      "running",
      "10.0.0.1",
      "nspawn",
      "28.1.0",
      "manager*",
      "3/5",
      "35%",
      "50%",
      "82%",
      "2",
      "4.0 GiB",
      "$0.018",
      "364d",
      "",
      "",
    ]);
    expect(cellsOf(state, "worker-1")[5]).toBe("worker drain");
    expect(cellsOf(state, "worker-2")).toMatchObject({ 1: "stopped", 14: "5h" });
    expect(cellsOf(state, "worker-10")[15]).toBe("incomplete; to resume: machinist up");
    expect(cellsOf(state, "lost")).toMatchObject({ 1: "unreachable", 15: expect.stringContaining("did not answer") });
    expect(cellsOf(state, "箱")[13]).toBe("ended");
    expect(cellsOf(state, "box")[4]).toBe("none");
  });

  test("begins at the first machine, and stays at it when others come before it", () => {
    const state = scene();
    expect(currentRow(state)?.key).toBe("manager-1");
    const at = press(state, "jj");
    expect(currentRow(at)?.key).toBe("worker-2");
    const more = after(
      at,
      { type: "names", names: [...at.machines.keys(), "aaa"] },
      { type: "infos", infos: [info("aaa", { fleet: "demo" })] },
    );
    expect(currentRow(more)?.key).toBe("worker-2");
    const gone = after(at, { type: "names", names: ["manager-1", "worker-1"] });
    expect(currentRow(gone)?.key).toBe("worker-1");
  });

  test.each([
    ["j", "worker-1"],
    ["\x1b[B\x1bOB", "worker-2"],
    ["jjkk", "manager-1"],
    ["G", "箱"],
    ["Gg", "@demo"],
    ["k", "@demo"],
    ["kkkk", "@demo"],
    ["\x06", "箱"],
    ["\x06\x02", "@demo"],
  ])("%j moves to %s", (typed, key) => {
    expect(currentRow(press(scene(), typed))?.key).toBe(key);
  });

  test("filters while one types; escape shows all again", () => {
    const typing = press(scene(), "/work");
    expect(shown(typing)).toEqual(["- demo  3 machines", "worker-1", "worker-2", "worker-10"]);
    expect(press(typing, "\r").filter).toBe("work");
    expect(press(typing, "\x1b").filter).toBe("");
    expect(press(typing, "\r\x1b").filter).toBe("");
    expect(shown(press(scene(), "/demo !drain !stopped\r"))).toContain("worker-10");
    expect(shown(press(scene(), "/demo !running\r"))).toEqual(["- demo  2 machines", "worker-2", "worker-10"]);
    expect(shown(press(scene(), "/10.0.0.5\r"))).toContain("box");
    expect(tableOf(press(scene(), "/nope")).empty[0]).toBe("No machine matches nope");
  });

  test("a filter takes a paste and edits like a shell", () => {
    const state = press(scene(), "/\x1b[200~work\ner\x1b[201~");
    expect(state.prompt?.text).toBe("work er");
    expect(press(state, "\x17").prompt?.text).toBe("work ");
    expect(press(state, "\x15").prompt?.text).toBe("");
    expect(press(state, "\x7f").prompt?.text).toBe("work e");
    expect(press(press(scene(), "/"), "\x7f").prompt).toBeUndefined();
  });

  test("sorts by capital letters, and the other way when typed again", () => {
    const byContainers = press(scene(), "C");
    expect(shown(byContainers).slice(1, 5)).toEqual(["worker-2", "worker-10", "manager-1", "worker-1"]);
    expect(shown(press(byContainers, "C")).slice(1, 5)).toEqual(["worker-1", "manager-1", "worker-2", "worker-10"]);
    expect(press(scene(), "A").sort).toEqual({ by: "address", down: false });
    expect(press(scene(), "E").sort.by).toBe("certificate");
    expect(shown(press(scene(), "N")).slice(1, 5)).toEqual(["worker-10", "worker-2", "worker-1", "manager-1"]);
  });

  test("sorts by what hosts use and cost with :sort", () => {
    const lightest = shown(press(scene(), ":sort load\r")).slice(1, 5);
    expect(lightest).toEqual(["worker-2", "worker-10", "manager-1", "worker-1"]);
    expect(press(scene(), ":sort price\r").sort.by).toBe("price");
  });

  test("marks one, a fleet, or all that are shown", () => {
    const one = press(scene(), " ");
    expect([...one.marked]).toEqual(["manager-1"]);
    expect(currentRow(one)?.key).toBe("worker-1");
    expect(press(one, "k ").marked.size).toBe(0);
    expect(press(scene(), "k ").marked.size).toBe(4);
    expect([...press(scene(), "/10.0.0.5\r*").marked]).toEqual(["box"]);
    expect(press(one, "\x1b").marked.size).toBe(0);
    const gone = after(one, { type: "names", names: ["box"] });
    expect(gone.marked.size).toBe(0);
  });

  test("folds fleets", () => {
    const folded = press(scene(), "z");
    expect(shown(folded)[0]).toBe("+ demo  4 machines");
    expect(currentRow(folded)?.key).toBe("@demo");
    expect(shown(press(folded, "\r"))).toHaveLength(9);
    expect(currentRow(press(folded, ":go worker-10\r"))?.key).toBe("worker-10");
  });

  test("says what to do where there is none", () => {
    expect(tableOf(empty()).empty).toEqual(["Looking for machines"]);
    const none = after(empty(), { type: "names", names: [] });
    expect(tableOf(none).empty.join("\n")).toContain("machinist create NAME");
  });
});

describe("facts", () => {
  test("that are known already change nothing at all", () => {
    const state = scene();
    expect(after(state, { type: "names", names: [...state.machines.keys()] })).toBe(state);
    expect(after(state, { type: "infos", infos: [info("box", { ...state.machines.get("box")!.info! })] })).toBe(state);
    expect(after(state, { type: "power", machine: "box", state: "running" })).toBe(state);
    expect(
      after(state, { type: "engine", machine: "箱", facts: facts({ version: "20.10.24", running: 0, containers: 1 }) }),
    ).toBe(state);
    expect(after(state, { type: "clock", now: now + 59_000 })).toBe(state);
    expect(after(state, { type: "resized", size: { ...state.size } })).toBe(state);
    expect(after(state, { type: "journal", events: [] })).toBe(state);
    expect(after(state, { type: "power", machine: "nobody", state: "running" })).toBe(state);
    expect(after(state, { type: "answer", machine: "box", tab: "images", answer: { rows: [] } })).toBe(state);
  });

  test("a machine that comes back is in order again", () => {
    const back = after(scene(), { type: "engine", machine: "lost", facts: facts() });
    expect(cellsOf(back, "lost")).toMatchObject({ 1: "running", 15: "" });
  });

  test("a machine without power has no engine that could be out of reach", () => {
    const off = after(scene(), { type: "power", machine: "lost", state: "stopped" });
    expect(cellsOf(off, "lost")).toMatchObject({ 1: "stopped", 15: "" });
  });

  test("events tell what is done to a machine, and when it is over", () => {
    const event = (more: object) => ({ at: now, run: "r1", ...more }) as never;
    const busy = after(scene(), {
      type: "journal",
      events: [
        event({ type: "run", action: "up", status: "started", machines: ["worker-1", "worker-2"] }),
        event({ type: "resource", id: "worker-1/engine", kind: "docker.engine", status: "creating" }),
        event({ type: "step", id: "worker-1/engine", step: "install docker", status: "applying" }),
      ],
    });
    expect(cellsOf(busy, "worker-1")[15]).toBe("install docker");
    expect(cellsOf(busy, "worker-2")[15]).toBe("up");
    const done = after(busy, {
      type: "journal",
      events: [event({ type: "run", action: "up", status: "finished", machines: ["worker-1", "worker-2"] })],
    });
    expect(cellsOf(done, "worker-1")[15]).toBe("");
    expect(done.events).toHaveLength(4);
  });

  test("old events say nothing of now, and only the newest are kept", () => {
    const event = (at: number) =>
      ({ at, run: "r1", type: "run", action: "up", status: "started", machines: ["box"] }) as const;
    const old = after(scene(), { type: "journal", events: [event(now - 3_600_000)] });
    expect(cellsOf(old, "box")[15]).toBe("");
    const many = after(old, { type: "journal", events: Array.from({ length: 5000 }, () => event(now)) });
    expect(many.events).toHaveLength(1000);
  });

  test("a screen that another opens over is found again", () => {
    const help = press(scene(), "?");
    expect(topOf(help).name).toBe("help");
    expect(topOf(press(help, "?")).name).toBe("machines");
    expect(topOf(press(help, "q")).name).toBe("machines");
  });
});
