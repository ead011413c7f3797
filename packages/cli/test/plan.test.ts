import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FleetSpec, MachinistError } from "@machinist/core";
import type { Plan } from "@machinist/fleet";
import { widthOf } from "@machinist/terminal-text";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planLines } from "../src/render/plan.ts";
import { styleOf } from "../src/style.ts";
import { fakeMachinist } from "./fake-machinist.ts";
import { run } from "./world.ts";

const spec: FleetSpec = { name: "demo", machines: [], compose: [], stacks: [], contexts: false };
const change = { kind: "docker.engine", props: [], drift: false } as const;
const price = (hourly: number, monthly: number) => ({
  ...{ hourly, monthly, currency: "USD", source: "DigitalOcean's list of sizes", asOf: "2026-11-25T10:00:00.000Z" },
});

const full: Plan = {
  fleet: "demo",
  changes: [
    {
      ...{ ...change, id: "web-1/engine", action: "update", props: ["dns", "env", "labels"], drift: true },
      how: "restart (containers kept)",
      diff: [
        { prop: "dns", before: ["203.0.113.1", "1.1.1.1"], after: ["192.0.2.54", "1.1.1.1"], drift: true },
        {
          prop: "env",
          before: { HTTP_PROXY: "http://(secret)@p" },
          after: { HTTP_PROXY: "http://(secret)@p" },
          drift: false,
        },
        { prop: "labels", before: { tier: "a", zone: "1" }, after: { tier: "b", zone: "1" }, drift: false },
        { prop: "logDriver", before: null, after: "local", drift: false },
        { prop: "logOptions", after: { "max-size": "10m" }, drift: true },
        { prop: "running", before: false, drift: true },
      ],
      notes: ["A new server certificate covers db.example.org"],
    },
    { ...change, id: "web-2/droplet", kind: "k", action: "create" },
    {
      ...{ ...change, id: "web-3/droplet", kind: "k", action: "replace", props: ["image"] },
      diff: [{ prop: "image", before: "debian-12-x64", after: "debian-13-x64", drift: false }],
    },
    {
      ...change,
      id: "web-4/engine",
      action: "update",
      props: ["options"],
      refused: "It is a node of a Swarm",
      code: "provision.swarm",
    },
    { ...change, id: "web-5/engine", action: "unknown", reason: "No\nanswer" },
    { ...change, id: "@demo/network", kind: "k", action: "delete" },
    { ...change, id: "web-6/engine", action: "none" },
  ],
  certificates: [
    { of: "ca", expires: "2026-12-14T00:00:00.000Z", days: 19 },
    { of: "client", expires: "2026-11-20T00:00:00.000Z", days: -5 },
    { of: "server", machine: "web-1", expires: "2026-12-01T00:00:00.000Z", days: 6 },
    { of: "server", machine: "web-6", expires: "2026-12-01T00:00:00.000Z", days: 6 },
  ],
  prices: [
    { machine: "web-1", driver: "digitalocean", before: price(0.00893, 6), after: price(0.01786, 12) },
    { machine: "web-2", driver: "digitalocean", after: price(0.00893, 6) },
    { machine: "web-3", driver: "digitalocean", before: price(0.00893, 6), after: price(0.00893, 6) },
    { machine: "ec2-1", driver: "amazonec2", after: null },
  ],
  basis: { spec: "s", wanted: {}, records: {} },
};
const nothing: Plan = {
  ...full,
  changes: [{ ...change, id: "web-6/engine", action: "none" }],
  certificates: [],
  prices: [],
};
const whole: Plan = { ...full, changes: full.changes.slice(0, 3) };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-plan-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const world = (plan: Plan, fake = fakeMachinist({ overrides: { plan: async () => plan } })) => ({
  machinist: fake.machinist,
  cwd: folder,
  services: {
    findManifest: async () => join(folder, "machines.yaml"),
    readManifest: async (files: readonly string[]) => {
      if (files.includes("/gone.yaml")) throw new MachinistError("manifest.not-found", "There is no /gone.yaml");
      return { spec, warnings: [], files: [], where: () => undefined };
    },
  },
});

describe("a plan", () => {
  const style = styleOf(false);

  test("shows what changes from what to what, how, what it costs and what ends", async () => {
    const lines = planLines(full, "machinist up --replace", { style });
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot("golden/plan.txt");
  });

  test("is cut to the terminal, in colours that do not leak", () => {
    const lines = planLines(full, "machinist up", { style: styleOf(true), columns: 40 });
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(40);
    for (const line of lines.filter((each) => each.includes("\x1b[")))
      expect(line).toMatch(/\x1b\[(0|22|39)m[^\x1b]*$/);
  });

  test("cannot command the terminal", () => {
    const evil = "\x1b[2Jx\ny";
    const diff = [{ prop: "labels", before: { a: evil }, after: { [evil]: evil }, drift: false }];
    const changes = [{ ...full.changes[0]!, diff, notes: [evil], how: evil }];
    const text = planLines({ fleet: "demo", changes }, "up", { style }).join("\n");
    expect(text).not.toContain("\x1b");
    expect(text.split("\n").some((line) => line.startsWith("y"))).toBe(false);
  });

  test("--json has the same facts", async () => {
    const { stdout } = await run(["plan", "--json"], world(full));
    const { basis: _, ...facts } = full;
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(facts)));
  });

  test.each([
    [nothing, [], 0],
    [nothing, ["--detailed-exitcode"], 0],
    [whole, [], 0],
    [whole, ["--detailed-exitcode"], 2],
    [full, [], 1],
    [full, ["--detailed-exitcode"], 1],
    [nothing, ["-f", "/gone.yaml"], 2],
    [nothing, ["-f", "/gone.yaml", "--detailed-exitcode"], 1],
  ])("exit code %#", async (plan, flags, code) => {
    expect((await run(["plan", "--quiet", ...flags], world(plan))).code).toBe(code);
  });
});

describe("plan --out, up FILE", () => {
  test("keeps the plan, for its owner alone, and up does it", async () => {
    const { code, stdout, stderr } = await run(["plan", "--out", "web.plan"], world(whole));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "Kept in web.plan\n" });
    expect(stdout).toContain("next: machinist up web.plan\n");
    const file = join(folder, "web.plan");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const saved = JSON.parse(await readFile(file, "utf8"));
    expect(saved).toMatchObject({ format: "machinist.plan/1", manifests: [join(folder, "machines.yaml")] });
    for (const words of [["web.plan"], ["--plan", "web.plan"]]) {
      const fake = fakeMachinist();
      expect((await run(["up", ...words], world(whole, fake))).code).toBe(0);
      expect(fake.calls).toEqual([["up", spec, { plan: saved }]]);
    }
  });

  test("one that is not whole is not kept", async () => {
    const { code, stderr } = await run(["plan", "-o", "part.plan"], world(full));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("error: The plan is not whole: web-4/engine, web-5/engine (plan.incomplete)"),
    });
    await expect(stat(join(folder, "part.plan"))).rejects.toThrow("ENOENT");
  });

  test("what up would not begin with is told after the plan, with up's exit code, and nothing is kept", async () => {
    const problems = [{ id: "", code: "driver.quota", message: "Two are left", hint: "Remove some." }];
    const told = "error: Two are left (driver.quota)\nhint: Remove some.\n";
    for (const [words, code] of [
      [[], 3],
      [["-o", "late.plan"], 3],
      [["--detailed-exitcode"], 1],
    ] as const) {
      const ran = await run(["plan", ...words], world({ ...whole, problems }));
      expect(ran).toMatchObject({ code, stderr: told, stdout: expect.stringContaining("+ droplet") });
    }
    await expect(stat(join(folder, "late.plan"))).rejects.toThrow("ENOENT");
  });

  test("a plan takes the place of no other file", async () => {
    const file = join(folder, "notes.yaml");
    await writeFile(file, "mine\n");
    const refused = await run(["plan", "-o", "notes.yaml"], world(whole));
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("is there already, and is no plan") });
    expect(await readFile(file, "utf8")).toBe("mine\n");
    for (const _ of [1, 2]) expect((await run(["plan", "-o", "again.plan"], world(whole))).code).toBe(0);
  });

  test.each([
    [["plan", "-o", "no/such/folder/x"], 1, "plan.write"],
    [["up", "no.plan"], 1, "plan.not-found"],
    [["up", "odd.plan"], 1, "plan.unreadable"],
    [["up", "newer.plan"], 1, "plan.format"],
    [["up", "a.plan", "--plan", "b.plan"], 2, "usage.conflict"],
    [["up", "a.plan", "--replace"], 2, "usage.conflict"],
    [["up", "a.plan", "--no-prune"], 2, "usage.conflict"],
    [["up", "a.plan", "--overwrite-data", "shop"], 2, "usage.conflict"],
    [["up", "a.plan", "b.plan"], 2, "usage.too-many-arguments"],
  ])("%j says what is wrong and what to do", async (words, code, what) => {
    await writeFile(join(folder, "odd.plan"), "machines: {}\n");
    await writeFile(join(folder, "newer.plan"), '{"format":"machinist.plan/9"}');
    const ran = await run(words, world(whole));
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({
      code,
      stderr: expect.stringMatching(new RegExp(`^error: .* \\(${what}\\)\nhint: .+\n$`, "s")),
    });
  });
});
