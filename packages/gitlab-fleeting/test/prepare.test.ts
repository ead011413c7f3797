import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Host } from "@machinist/core";
import type { MachineInfo, Machinist } from "@machinist/fleet";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Machines } from "../src/group/machines.ts";
import { Roster } from "../src/group/roster.ts";
import { Tasks } from "../src/group/tasks.ts";

let store: string;
let roster: Roster;
beforeEach(async () => {
  store = mkdtempSync(join(tmpdir(), "machinist-fleeting-"));
  roster = await Roster.open(store, "ci");
  await roster.want(["ci-1"], "running");
});
afterEach(async () => {
  await roster.close();
  rmSync(store, { recursive: true, force: true });
});

/** What was asked of a machine that is up and whole; its host answers each script with `code`. */
async function prepared(more: Partial<MachineInfo>, code = 0) {
  const asked: unknown[] = [];
  const host = {
    script: async (script: string, args: readonly string[], options: { sudo?: boolean }) => {
      asked.push([script, args, options.sudo]);
      return { code, stdout: "", stderr: "no such group\n" };
    },
  };
  const machinist: Partial<Machinist> = {
    storagePath: store,
    names: async () => ["ci-1"],
    info: async () => ({ name: "ci-1", engine: {}, incomplete: false, ...more }) as MachineInfo,
    host: async () => host as unknown as Host,
    remove: () => {
      throw new Error("the provider is away");
    },
  };
  const lines: string[] = [];
  const log = (level: string, message: string) => lines.push(`${level} ${message}`);
  const [tasks, signal] = [new Tasks(), new AbortController().signal];
  const machines = new Machines({ machinist: machinist as Machinist, roster, tasks, log, signal });
  await machines.prepare(["ci-1"]);
  await tasks.ended();
  return { asked, lines };
}

const debian = { host: "192.0.2.7", port: 22, user: "debian" };

test("jobs may use Docker as the user whom they log in as", async () => {
  const { asked } = await prepared({ endpoint: debian });
  expect(asked).toEqual([[expect.stringContaining("usermod -a -G docker"), ["debian"], true]]);
  expect(roster.get("ci-1")).toEqual({ wanted: "running", prepared: true });
});

test("root may already, and where there is no Docker there is nothing to be let do", async () => {
  for (const more of [{ endpoint: { ...debian, user: "root" } }, { endpoint: debian, engine: false as const }, {}])
    expect((await prepared(more)).asked).toEqual([]);
  expect(roster.get("ci-1")?.prepared).toBe(true);
});

test("a machine on which they may not is removed, in the end, and why is told", async () => {
  const { lines } = await prepared({ endpoint: debian }, 1);
  expect(lines).toEqual([
    "error debian cannot be given access to Docker on ci-1: no such group",
    "error ci-1 did not come up, and is removed",
    "error the provider is away",
  ]);
  expect(roster.get("ci-1")).toEqual({ wanted: "gone", prepared: false });
});
