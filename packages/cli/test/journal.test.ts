import type { AuditLine, KeptEvent } from "@machinist/fleet";
import { describe, expect, test } from "vitest";
import { fakeMachinist, info } from "./fake-machinist.ts";
import { run } from "./world.ts";

const now = Date.UTC(2030, 0, 31, 12);
const hour = 3_600_000;
const at = new Date(now).toISOString();

const audit: readonly AuditLine[] = [
  {
    at,
    run: "abcdef012345",
    type: "started",
    action: "up",
    fleet: "demo",
    machines: ["web-1"],
    user: "root",
    sudoUser: "eve",
    host: "desk",
    pid: 7,
    command: ["up", "--yes"],
  },
  {
    at,
    run: "abcdef012345",
    type: "change",
    id: "web-1/instance",
    kind: "toy.machine",
    action: "updated",
    outcome: "done",
    props: ["size", "drifted"],
    changes: { size: { before: 1, after: 2 } },
  },
  {
    at,
    run: "abcdef012345",
    type: "change",
    id: "web-1/engine",
    kind: "docker.engine",
    action: "created",
    outcome: "failed",
    code: "x.y",
  },
  { at, run: "abcdef012345", type: "reason", machine: "web-1", reason: "its lease \u001b[31mended" },
  {
    at,
    run: "abcdef012345",
    type: "finished",
    outcome: "failed",
    changed: 1,
    failures: [{ id: "web-1/engine", code: "x.y" }],
    ms: 900,
  },
];

describe("audit", () => {
  const overrides = {
    async *audit() {
      yield* audit;
    },
  };

  test("prints a line for each thing that was done, harmless and within the terminal", async () => {
    const { machinist } = fakeMachinist({ overrides });
    const { code, stdout } = await run(["audit"], { machinist, now });
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/^\S+ \S+ {2}abcdef {2}/, ""));
    expect(lines).toEqual([
      "eve as root@desk began up demo web-1: machinist up --yes",
      "  web-1/instance updated: size 1 → 2, drifted",
      "  web-1/engine not created (x.y)",
      "  web-1: its lease ended",
      "ended failed, 1 changed, 0.9 s: web-1/engine x.y",
    ]);
    const narrow = await run(["audit"], { machinist, now, columns: 40, env: { NO_COLOR: "1" } });
    for (const line of narrow.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(40);
  });

  test("--json prints the lines as they are kept; --since and --machine are passed on", async () => {
    const queries: unknown[] = [];
    const { machinist } = fakeMachinist({
      overrides: {
        async *audit(query) {
          queries.push(query);
          yield* audit;
        },
      },
    });
    const { stdout } = await run(["audit", "--json", "--since", "2h", "--machine", "web-1"], { machinist, now });
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(audit);
    expect(queries).toEqual([{ since: now - 2 * hour, machine: "web-1" }]);
  });

  test.each(["yesterday", "2031-01-01", "-1h"])("--since %s is refused", async (since) => {
    const { code, stderr } = await run(["audit", `--since=${since}`], { now });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("(usage.value)") });
  });
});

describe("events", () => {
  const events: readonly KeptEvent[] = [
    { at: now, run: "a", type: "run", action: "up", status: "started", fleet: "demo", machines: ["web-1"] },
    { at: now, run: "b", type: "run", action: "stop", status: "started", machines: ["db-1"] },
    { at: now + 1000, run: "a", type: "resource", id: "web-1/instance", kind: "toy.machine", status: "creating" },
    { at: now + 2000, run: "a", type: "log", id: "web-1", level: "info", message: "hook: hello" },
    { at: now + 3000, run: "a", type: "run", action: "up", status: "finished", fleet: "demo" },
  ];
  const queries: unknown[] = [];
  const { machinist } = fakeMachinist({
    overrides: {
      async *events(query) {
        queries.push({ ...query, signal: query?.signal instanceof AbortSignal });
        yield* events;
      },
    },
  });

  test("prints those of several runs with the time of day", async () => {
    const { code, stdout } = await run(["events", "--follow", "--machine", "web-1", "-n", "7"], { machinist });
    expect(code).toBe(0);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}/, ""));
    expect(lines).toEqual([
      "up demo: web-1",
      "stop: db-1",
      "web-1  instance creating",
      "web-1  hook: hello",
      "up demo: finished",
    ]);
    expect(queries).toEqual([{ follow: true, machine: "web-1", last: 7, signal: true }]);
  });

  test("--json prints one object a line", async () => {
    const { stdout } = await run(["events", "--json"], { machinist });
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(events);
  });
});

describe("leases", () => {
  const machines = [info("old", { leaseUntil: now - hour }), info("new", { leaseUntil: now + 2 * hour }), info("kept")];

  test("create --lease, lease NAME TIME and lease NAME none say how long", async () => {
    const fake = fakeMachinist({ machines });
    await run(["create", "box", "-d", "toy", "--toy-size", "1", "--lease", "1h30m"], { machinist: fake.machinist });
    await run(["lease", "old", "2d"], { machinist: fake.machinist });
    await run(["lease", "old", "none"], { machinist: fake.machinist });
    expect(fake.calls).toMatchObject([
      ["create", [{ name: "box", leaseMs: 1.5 * hour }], {}],
      ["lease", ["old"], 48 * hour, {}],
      ["lease", ["old"], undefined, {}],
    ]);
  });

  test.each([
    [["lease", "old", "soon"], 2, "usage.value"],
    [["lease", "old", "0s"], 2, "usage.value"],
    [["lease", "nobody", "1h"], 1, "machine.unknown"],
    [["lease", "old"], 2, "usage.missing-argument"],
    [["create", "x", "-d", "toy", "--toy-size=1", "--lease", "forever"], 2, "usage.value"],
  ])("%j is refused", async (argv, code, error) => {
    const { machinist, calls } = fakeMachinist({ machines });
    const ran = await run(argv, { machinist });
    expect({ code: ran.code, stderr: ran.stderr, calls }).toEqual({
      code,
      stderr: expect.stringContaining(`(${error})`),
      calls: [],
    });
  });

  test("ls has a column for them where any machine has one, and only there", async () => {
    const { stdout } = await run(["ls"], { machinist: fakeMachinist({ machines }).machinist, now });
    const [head, ...rows] = stdout.trimEnd().split("\n");
    expect(head).toMatch(/DOCKER +LEASE +ERRORS/);
    expect(rows[0]).toMatch(/ended 60 min 0 s ago|ended 1 h 0 min ago/);
    expect(rows[1]).toContain("2 h 0 min");
    const none = await run(["ls"], { machinist: fakeMachinist({ machines: [info("kept")] }).machinist, now });
    expect(none.stdout).not.toContain("LEASE");
  });

  test("reap asks, lists, removes, and says what it could not tell about", async () => {
    const fake = fakeMachinist({ now, machines });
    expect(await run(["reap"], { machinist: fake.machinist, now })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/old \(fleet old\): its lease ended .* ago\n.*usage\.confirm/s),
    });
    expect((await run(["reap", "--dry-run"], { machinist: fake.machinist, now })).stdout).toContain("old (fleet old)");
    const json = await run(["reap", "--dry-run", "--json"], { machinist: fake.machinist, now });
    expect(JSON.parse(json.stdout)).toEqual([{ name: "old", leaseUntil: now - hour }]);
    expect(fake.calls).toEqual([]);
    expect((await run(["reap", "--yes"], { machinist: fake.machinist, now })).code).toBe(0);
    expect(fake.calls).toEqual([["reap", ["old"], {}]]);
    const nothing = await run(["reap", "--yes"], { machinist: fakeMachinist().machinist, now });
    expect(nothing).toMatchObject({ code: 0, stderr: "No lease has ended.\n" });
    const { machinist } = fakeMachinist({ now, machines, overrides: { names: async () => ["broken", "old"] } });
    const broken = await run(["reap", "--yes"], { machinist, now });
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringContaining("error: broken: There is no machine") });
  });
});
