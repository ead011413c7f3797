import type { PlannedChange } from "@machinist/fleet";
import { describe, expect, test } from "vitest";
import { tableOf } from "../src/state/current-list.ts";
import { resourceRows } from "../src/state/detail-tables.ts";
import { driftRows } from "../src/state/drift-rows.ts";
import { type LogScreen, tabs } from "../src/state/screens.ts";
import { type State, topOf } from "../src/state/state.ts";
import { after, containers, now, press, scene } from "./scene.ts";

const tabOf = (state: State) => {
  const top = topOf(state);
  return top.name === "machine" ? top.tab : top.name;
};

describe("a machine's detail", () => {
  test("opens on its resources, as a tree", () => {
    const rows = tableOf(press(scene(), "\r")).rows.map(({ cells }) => [cells[0], cells[1], cells[3]].join(" "));
    expect(rows).toEqual([
      "instance created nspawn.machine",
      "└ engine created docker.engine",
      "  ├ swarm created swarm.member",
      "  └ compose:consul created compose.project",
    ]);
    expect(tableOf(press(scene(), "\r")).rows[0]!.cells[4]).toContain("in @demo/bridge");
  });

  test("tells beside each resource where the truth is another than the record", () => {
    const change = (id: string, action: PlannedChange["action"], more: Partial<PlannedChange> = {}) =>
      ({ id, kind: "k", action, props: [], drift: false, ...more }) as PlannedChange;
    const rows = driftRows([
      change("manager-1/instance", "none"),
      change("manager-1/engine", "update", { props: ["dns", "labels"], drift: true }),
      change("manager-1/swarm", "create"),
      change("manager-1/compose:consul", "unknown", { reason: "No answer" }),
    ]);
    const open = press(scene(), "\r");
    const column = (state: State) => tableOf(state).rows.map(({ cells, mood }) => `${cells[2]} ${mood}`);
    expect(column(open)[0]).toBe("looking good");
    const answer = { type: "answer", machine: "manager-1", tab: "resources" } as const;
    expect(column(after(open, { ...answer, answer: { rows } }))).toEqual([
      "none good",
      "dns, labels warn",
      "gone bad",
      "No answer faint",
    ]);
    expect(column(after(open, { ...answer, answer: { rows: [], failure: "too late" } }))[0]).toBe("not seen good");
  });

  test("shows all that a record holds, parents in a circle too", () => {
    const resource = (id: string, parent: string) =>
      ({ id, kind: "k", props: {}, parents: [parent], generation: 1, status: "created", intentAt: 1 }) as const;
    expect(resourceRows([resource("a/x", "a/y"), resource("a/y", "a/x"), resource("a/z", "a/z")])).toHaveLength(3);
  });

  test("goes through its parts by number and by tab", () => {
    for (const [index, tab] of tabs.entries()) expect(tabOf(press(scene(), `\r${index + 1}`))).toBe(tab);
    expect(tabOf(press(scene(), "\r\t"))).toBe("events");
    expect(tabOf(press(scene(), "\r\x1b[Z"))).toBe("tasks");
    expect(tabOf(press(scene(), "\r]]["))).toBe("events");
    expect(tabOf(press(scene(), "\rq"))).toBe("machines");
    expect(tabOf(press(scene(), ":containers\r"))).toBe("containers");
  });

  test("tells engine options, and events of this machine only", () => {
    const engine = tableOf(press(scene(), "\r3")).rows.map(({ cells }) => cells.join("="));
    expect(engine).toContain("engine.labels.env=dev");
    expect(engine).toContain("options.release=trixie");
    expect(engine).toContain("memory=4.0 GiB");
    const event = (id: string) =>
      ({ at: now, run: "r", type: "resource", id, kind: "docker.engine", status: "ready" }) as const;
    const state = after(press(scene(), "\r2"), {
      type: "journal",
      events: [event("manager-1/engine"), event("manager-10/engine"), event("worker-1/engine")],
    });
    expect(tableOf(state).rows).toHaveLength(1);
  });

  test("keeps what was answered when an answer fails, and says why", () => {
    const state = after(containers(), {
      type: "answer",
      machine: "manager-1",
      tab: "containers",
      answer: { rows: [], failure: "No answer within 8 s" },
    });
    expect(tableOf(state).rows).toHaveLength(2);
    expect(topOf(state)).toMatchObject({ answers: { containers: { failure: "No answer within 8 s" } } });
  });

  test("says so where there is no Docker, and while it is asked", () => {
    expect(tableOf(press(scene(), "/box\r\r4")).empty).toEqual(["There is no Docker on box"]);
    expect(tableOf(press(scene(), "\r5")).empty).toEqual(["Asking Docker"]);
    const none = after(press(scene(), "\r8"), {
      type: "answer",
      machine: "manager-1",
      tab: "services",
      answer: { rows: [] },
    });
    expect(tableOf(none).empty).toEqual(["The Swarm has no services"]);
  });

  test("of a machine that is removed meanwhile says so", () => {
    const gone = after(press(scene(), "\r"), { type: "names", names: [] });
    expect(tableOf(gone).empty).toEqual(["manager-1 is gone"]);
    expect(tabOf(press(gone, "4s\x04cq"))).toBe("machines");
  });
});

describe("a log", () => {
  const lines = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `line ${from + index}`);
  const log = (state: State) => topOf(state) as LogScreen;
  const open = () => press(containers(), "l");

  test("follows its end until one scrolls, and again at the end", () => {
    const state = after(open(), { type: "log", container: "web", lines: lines(100) });
    expect(log(state)).toMatchObject({ follow: true, top: 81 });
    const up = press(state, "k");
    expect(log(up)).toMatchObject({ follow: false, top: 80 });
    expect(log(after(up, { type: "log", container: "web", lines: lines(5) })).top).toBe(80);
    expect(log(press(up, "j")).follow).toBe(true);
    expect(log(press(press(state, "g"), "f"))).toMatchObject({ follow: true, top: 81 });
    expect(log(press(state, "f")).follow).toBe(false);
  });

  test("keeps the newest lines and counts the others", () => {
    const state = after(open(), { type: "log", container: "web", lines: lines(7000) });
    expect(log(state)).toMatchObject({ dropped: 2000, follow: true });
    expect(log(state).lines).toHaveLength(5000);
  });

  test("of another container is not mixed in; its end is told", () => {
    const state = after(
      open(),
      { type: "log", container: "other", lines: ["x"] },
      { type: "log-ended", container: "web", why: "ended" },
    );
    expect(log(state)).toMatchObject({ lines: [], ended: "ended" });
    expect(tabOf(press(state, "q"))).toBe("containers");
  });
});
