import type { FleetSpec } from "@machinist/core";
import type { Plan, PlannedChange } from "@machinist/fleet";
import { describe, expect, test } from "vitest";
import { tableOf } from "../src/state/current-list.ts";
import type { Effect } from "../src/state/effect.ts";
import { planSummary } from "../src/state/plan-rows.ts";
import type { State } from "../src/state/state.ts";
import { after, now, press, scene } from "./scene.ts";

const change = (id: string, action: PlannedChange["action"], more: Partial<PlannedChange> = {}): PlannedChange => ({
  id,
  kind: "toy.thing",
  action,
  props: [],
  drift: false,
  ...more,
});
const price = (hourly: number) => ({ hourly, currency: "EUR", source: "x", asOf: "2030-01-01" });
const spec: FleetSpec = { name: "demo", machines: [], compose: [], stacks: [], contexts: false };
const basis = { spec: "s", wanted: {}, records: {} };
const plan: Plan = {
  fleet: "demo",
  basis,
  prices: [{ machine: "a", driver: "toy", before: price(0.1), after: price(0.25) }],
  changes: [
    change("@demo/network", "none"),
    change("a/instance", "replace", { props: ["image"] }),
    change("a/engine", "create"),
    change("b/engine", "update", { props: ["dns"], how: "restarts Docker", drift: true }),
    change("c/instance", "delete"),
    change("d/instance", "unknown", { reason: "No answer" }),
  ],
};

const open = (state: State = scene(), shown: Plan = plan, warnings: readonly string[] = []): State =>
  after(state, { type: "open-plan", view: { file: "", spec, plan: shown, warnings, progress: {} } });
const lines = (state: State) => tableOf(state).rows.map(({ heading, cells }) => heading ?? cells.join("|"));
const event = (id: string, status: "creating" | "ready" | "waiting", detail?: string) =>
  ({ at: now, run: "r", type: "resource", id, kind: "toy.thing", status, ...(detail ? { detail } : {}) }) as const;

describe("the plan of a manifest", () => {
  test("tells under each machine what would be done to it, and why", () => {
    expect(lines(open())).toEqual([
      "(shared)  unchanged",
      "network|unchanged||toy.thing|",
      "a  2 changes",
      "instance|replace||toy.thing|image",
      "engine|create||toy.thing|",
      "b  1 change",
      "engine|update||toy.thing|dns restarts Docker (drifted)",
      "c  1 change",
      "instance|delete||toy.thing|",
      "d  1 change",
      "instance|unknown||toy.thing|No answer",
    ]);
  });

  test("tells above all why up would not begin, and before it is asked", () => {
    const problems = [{ id: "", code: "driver.quota", message: "Two machines are left" }];
    const told = "! Two machines are left (driver.quota)";
    expect(lines(open(scene(), { ...plan, problems }))[0]).toBe(told);
    expect(planSummary({ ...plan, problems })[0]).toBe(told);
  });

  test("is a tree: each thing below what it needs, and what waits tells for what", () => {
    const shown: Plan = {
      ...plan,
      changes: [
        change("@demo/network", "create"),
        change("a/instance", "create", { needs: ["@demo/network"] }),
        change("a/engine", "create", { needs: ["a/instance"] }),
        change("a/compose:site", "create", { needs: ["a/engine"] }),
        change("a/swarm", "create", { needs: ["a/engine", "@demo/swarm"] }),
      ],
    };
    const state = after(open(scene(), shown), { type: "journal", events: [event("@demo/network", "creating")] });
    expect(lines(state)).toEqual([
      "(shared)  0 of 1 done",
      "network|create|creating|toy.thing|",
      "a  4 changes",
      "instance|create||toy.thing|after @demo/network",
      "└ engine|create||toy.thing|",
      "  ├ compose:site|create||toy.thing|",
      "  └ swarm|create||toy.thing|",
    ]);
  });

  test("is agreed to as it stands there: what ends is named first, with the price", () => {
    const effects: Effect[] = [];
    const asked = press(open(), "u", effects);
    expect(asked.question).toMatchObject({
      title: "Bring demo up?",
      lines: [
        "Delete 1: c/instance",
        "Replace 1: a/instance",
        "Update 1: b/engine",
        "Create 1: a/engine",
        "1 could not be looked at",
        "An hour costs 0.250 EUR then, 0.100 EUR now.",
      ],
    });
    press(asked, "y", effects);
    expect(effects).toMatchObject([{ what: "up", spec, plan: { format: "machinist.plan/1", plan: { basis } } }]);
    expect(planSummary({ fleet: "x", changes: [] })).toEqual([]);
  });

  test("is watched while it is done, whoever does it", () => {
    const state = after(open(), {
      type: "journal",
      events: [event("a/instance", "ready"), event("a/engine", "waiting", "for Docker"), event("z/other", "ready")],
    });
    expect(lines(state).slice(2, 5)).toEqual([
      "a  1 of 2 done",
      "instance|replace|ready|toy.thing|image",
      "engine|create|waiting|toy.thing|for Docker",
    ]);
    const step = { at: now, run: "r", type: "step", id: "a/engine", step: "start docker", status: "applying" } as const;
    expect(lines(after(state, { type: "journal", events: [step] }))[4]).toBe(
      "engine|create|waiting|toy.thing|start docker",
    );
  });

  test("tells how long each thing takes, and how long it took", () => {
    const at = (ms: number, id: string, status: "creating" | "waiting" | "ready") => ({
      ...event(id, status),
      at: now + ms,
    });
    const begun = after(open(), { type: "journal", events: [at(0, "a/instance", "creating")] });
    const cells = (state: State) => lines(state)[3];
    expect(cells(after(begun, { type: "clock", now: now + 65_000 }))).toBe(
      "instance|replace|creating 1 min 5 s|toy.thing|image",
    );
    const ended = after(begun, {
      type: "journal",
      events: [at(8200, "a/instance", "waiting"), at(9400, "a/instance", "ready")],
    });
    expect(cells(after(ended, { type: "clock", now: now + 70_000 }))).toBe(
      "instance|replace|ready 9 s|toy.thing|image",
    );
    // Begun again, it is timed again.
    const again = after(ended, { type: "journal", events: [at(80_000, "a/instance", "creating")] });
    expect(cells(after(again, { type: "clock", now: now + 83_000 }))).toBe(
      "instance|replace|creating 3 s|toy.thing|image",
    );
  });

  test("begins with what is odd about the manifest, and the agreement names it", () => {
    const odd = open(scene(), plan, ["machines.yaml:3:1: swarm has an even number of managers"]);
    expect(lines(odd)[0]).toBe("! machines.yaml:3:1: swarm has an even number of managers");
    expect(press(odd, "u").question?.lines[0]).toBe("! machines.yaml:3:1: swarm has an even number of managers");
  });

  test("with nothing to do is not done, and in read-only mode none is", () => {
    const none = open(scene(), { fleet: "demo", changes: [change("a/instance", "none")] });
    expect(press(none, "u").notice?.text).toBe("Nothing is to be done");
    expect(press(open({ ...scene(), readOnly: true }), "u").notice?.text).toMatch(/^Read-only/);
    const effects: Effect[] = [];
    press({ ...scene(), readOnly: true }, ":plan web.yaml\r", effects);
    press(open(), "p", effects);
    expect(effects).toEqual([
      { what: "plan", file: "web.yaml" },
      { what: "plan", file: "" },
    ]);
  });
});
