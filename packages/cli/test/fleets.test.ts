import { MachinistError } from "@machinist/core";
import type { Machinist } from "@machinist/fleet";
import { describe, expect, test } from "vitest";
import { fakeMachinist, info, outcome } from "./fake-machinist.ts";
import { manifest, spec } from "./fake-manifest.ts";
import { run } from "./world.ts";

describe("up, plan, down", () => {
  const world = (fake = fakeMachinist()) => ({ machinist: fake.machinist, services: manifest });

  test("up runs and says what to type next", async () => {
    const done = outcome({ machines: [{ name: "web-1", result: "created", url: "tcp://10.0.0.5:2376", ms: 900 }] });
    const fake = fakeMachinist({ outcome: done });
    const { code, stdout, stderr } = await run(["up", "--replace", "--no-prune"], world(fake));
    expect(stdout).toBe(
      '✔ Done in 1.2 s: 1 created\n  web-1  tcp://10.0.0.5:2376\nnext: eval "$(machinist env web-1)"\n',
    );
    expect(stderr).toBe("warning: machines.yaml:1:1: odd\n");
    expect({ code, calls: fake.calls }).toEqual({ code: 0, calls: [["up", spec, { replace: true, prune: false }]] });
  });

  test.each([
    [1, "unchanged", "2 unchanged, 1 shared resource changed"],
    [2, "unchanged", "2 unchanged, 2 shared resources changed"],
    [2, "changed", "2 changed"],
  ] as const)(
    "up sums up what changed for all machines where none of them did: %s, %s",
    async (shared, result, words) => {
      const machines = ["web-1", "web-2"].map((name) => ({ name, result, ms: 1 }));
      const { stdout } = await run(["up"], world(fakeMachinist({ outcome: outcome({ shared, machines }) })));
      expect(stdout.split("\n")[0]).toBe(`✔ Done in 1.2 s: ${words}`);
    },
  );

  test("up sums up what failed for all machines", async () => {
    const machines = [{ name: "web-1", result: "unchanged", ms: 1 }] as const;
    const failures = [{ id: "@demo/stack:web", code: "stack.deploy", message: "refused" }];
    const { stdout } = await run(["up"], world(fakeMachinist({ outcome: outcome({ ok: false, machines, failures }) })));
    expect(stdout.split("\n")[0]).toBe("✖ Failed in 1.2 s: 1 unchanged, 1 shared resource failed");
  });

  test("a failed machine: each failure on stderr, exit code 1, how to go on", async () => {
    const failures = [
      { id: "web-1/engine", code: "provision.install", message: "No package", hint: "Free some space." },
    ];
    const failed = outcome({ ok: false, failures, machines: [{ name: "web-1", result: "failed", ms: 1 }] });
    const { code, stdout, stderr } = await run(["up"], world(fakeMachinist({ outcome: failed })));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "✖ Failed in 1.2 s: 1 failed\n  web-1  failed\n" });
    expect(stderr).toContain("error: web-1/engine: No package (provision.install)\nhint: Free some space.\n");
    expect(stderr).toContain("Completed steps are kept. To resume: machinist up\n");
  });

  test("a check that failed before anything was made: exit code 3, whatever its code", async () => {
    const error = Object.assign(new MachinistError("options.region", "No such region"), { stage: "check" });
    const failing = { result: Promise.reject(error), async *[Symbol.asyncIterator]() {} };
    failing.result.catch(() => {});
    const fake = fakeMachinist({ overrides: { up: () => failing } });
    expect(await run(["up"], world(fake))).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("error: No such region (options.region)\n"),
    });
  });

  const losses = [
    { id: "old", what: "old" },
    { id: "@demo/web", what: "stack web" },
  ];

  test("up at a terminal asks before it removes what the manifest does not name", async () => {
    for (const [typed, called] of [
      ["n\n", 0],
      ["", 0],
      ["y\n", 1],
    ] as const) {
      const fake = fakeMachinist({ losses });
      const { code, stderr } = await run(["up"], { ...world(fake), columns: 80, typed });
      expect(stderr).toContain("Remove old, stack web (no longer in the manifest)? [y/N]");
      expect(stderr.includes("Nothing was changed")).toBe(called === 0);
      expect({ code, calls: fake.calls.length }).toEqual({ code: 0, calls: called });
    }
    const fake = fakeMachinist({ losses });
    expect((await run(["up", "--yes"], { ...world(fake), columns: 80 })).stderr).not.toContain("?");
    expect(fake.calls.length).toBe(1);
  });

  test("names of projects whose data is overwritten come one by one or with commas, are asked about and typed again", async () => {
    const overwritten = { id: "a/compose:shop", what: "compose project shop on a", overwritten: true as const };
    const flags = ["--overwrite-data", "shop, blog", "--overwrite-data", "wiki"];
    const asked = { overwriteData: ["shop", "blog", "wiki"] };
    const fake = fakeMachinist({ losses: [overwritten] });
    const refused = await run(["up", ...flags], world(fake));
    const question = "Overwrite what was modified since the last upload in compose project shop on a";
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(question)]);
    expect(fake.calls).toEqual([]);
    await run(["up", ...flags, "--yes"], world(fake));
    expect(fake.calls).toEqual([["up", expect.anything(), { replace: false, prune: true, ...asked }]]);
    const both = fakeMachinist({ losses: [...losses, overwritten] });
    expect((await run(["up", ...flags], { ...world(both), columns: 80, typed: "n\n" })).stderr).toContain(
      `Remove old, stack web (no longer in the manifest), and o${question.slice(1)}? [y/N]`,
    );
    const planned: unknown[] = [];
    const change = {
      id: "a/compose:shop",
      kind: "compose.project",
      action: "update",
      props: ["overwrite-data"],
    } as const;
    const plan: Machinist["plan"] = async ({ name }, control) => {
      planned.push(control?.overwriteData);
      return { fleet: name, changes: [{ ...change, drift: false }] };
    };
    const shown = await run(["plan", ...flags], world(fakeMachinist({ overrides: { plan } })));
    expect(planned).toEqual([asked.overwriteData]);
    expect(shown.stdout).toContain("machinist up --overwrite-data shop,blog,wiki");
  });

  test.each([[["up"]], [["up", "--json"]]])(
    "without a terminal, %j removes nothing unless it is told",
    async (words) => {
      const fake = fakeMachinist({ losses });
      const refused = await run(words, world(fake));
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("usage.confirm")]);
      expect(refused.stderr).toContain("Pass --yes");
      expect(fake.calls).toEqual([]);
      expect((await run([...words, "--yes"], world(fake))).code).toBe(0);
      expect(fake.calls.length).toBe(1);
    },
  );

  test("a question stands below the picture of a run, which goes on below the answer", async () => {
    const up: Machinist["up"] = (_spec, control) => {
      let begin = () => {};
      const shown = new Promise<void>((resolve) => {
        begin = resolve;
      });
      const done = shown.then(() => control?.agree?.(losses)).then(() => outcome());
      return {
        result: done,
        async *[Symbol.asyncIterator]() {
          yield { at: 0, type: "run", action: "up", status: "started", machines: ["a"] } as const;
          begin();
          await done;
          yield { at: 1, type: "run", action: "up", status: "finished", machines: ["a"] } as const;
        },
      };
    };
    const { machinist } = fakeMachinist({ overrides: { up } });
    const { stdout, code } = await run(["up"], { machinist, services: manifest, columns: 80, typed: "y\n" });
    expect(code).toBe(0);
    // The cursor is shown while it is asked; nothing above the answer is drawn over.
    const hide = "\x1b[?25l";
    const cursor = stdout.split("\x1b[?25").map((part) => part[0]);
    expect(cursor.slice(1)).toEqual(["l", "h", "l", "h"]);
    // The first frame after it begins where it is, not at the top of the one before.
    expect(stdout.slice(stdout.lastIndexOf(hide))).not.toMatch(/^\x1b\[\?25l\x1b\[\d+A/);
  });

  test("--json: events, then the result", async () => {
    const fake = fakeMachinist({ events: [{ type: "run", action: "up", status: "started" }] });
    const { stdout } = await run(["up", "--json"], world(fake));
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { type: "run", at: 1100 },
      { type: "result", ok: true, changed: 1 },
    ]);
  });

  test("--quiet says nothing of what went well", async () => {
    const events = [{ type: "run", action: "up", status: "started" }] as const;
    expect(await run(["up", "--quiet"], world(fakeMachinist({ events })))).toMatchObject({ code: 0, stdout: "" });
  });

  test("plan", async () => {
    const change = { kind: "k", props: [], drift: false };
    const changes = [
      { ...change, id: "web-1/instance", action: "replace", props: ["disk-size"] },
      { ...change, id: "web-1/engine", action: "update", props: ["dns"], drift: true },
      { ...change, id: "web-2/instance", action: "create" },
      { ...change, id: "web-3/instance", action: "none" },
      { ...change, id: "@demo/network", action: "delete" },
    ] as const;
    const fake = fakeMachinist({ overrides: { plan: async () => ({ fleet: "demo", changes }) } });
    expect(await run(["plan", "-f", "a.yaml"], world(fake))).toMatchObject({
      code: 0,
      stdout: [
        "web-1",
        "  ± instance  replace: disk-size",
        "  ~ engine    update: dns (changed outside machinist)",
        "web-2",
        "  + instance  create",
        "(shared)",
        "  - network   delete",
        "",
        "Plan: 1 to create, 1 to change, 1 to replace, 1 to delete.",
        "next: machinist up -f a.yaml --replace",
        "",
      ].join("\n"),
    });
    expect((await run(["plan"], world())).stdout).toBe("No changes. The machines of demo match the manifest.\n");
  });

  test("clone", async () => {
    const fake = fakeMachinist();
    expect((await run(["clone", "web-1", "web-test"], world(fake))).code).toBe(0);
    expect(fake.calls).toEqual([["clone", "web-1", "web-test", {}]]);
    for (const words of [["clone"], ["clone", "web-1"], ["clone", "a", "b", "c"]])
      expect((await run(words, world())).code).toBe(2);
  });

  test("rename", async () => {
    const fake = fakeMachinist();
    expect((await run(["rename", "web-1", "shop-1"], world(fake))).code).toBe(0);
    expect(fake.calls).toEqual([["rename", "web-1", "shop-1", {}]]);
    for (const words of [["rename"], ["rename", "web-1"], ["rename", "a", "b", "c"]])
      expect((await run(words, world())).code).toBe(2);
  });

  test("down asks, or needs --yes", async () => {
    const machines = [info("a", { fleet: "demo" })];
    const refused = await run(["down"], world(fakeMachinist({ machines })));
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("Remove fleet demo with a: this needs") });
    const fake = fakeMachinist({ machines });
    expect((await run(["down", "demo", "--yes"], world(fake))).code).toBe(0);
    expect(fake.calls).toEqual([["down", "demo", {}]]);
  });
});

describe("swarm", () => {
  test.each([
    [
      ["swarm", "recover", "demo", "--from", "web-1", "-y"],
      ["recoverSwarm", "demo", { from: "web-1" }],
    ],
    [
      ["swarm", "rotate-key", "demo"],
      ["rotateSwarmKey", "demo", {}],
    ],
  ])("%j", async (argv, call) => {
    const fake = fakeMachinist();
    expect((await run(argv, { machinist: fake.machinist })).code).toBe(0);
    expect(fake.calls).toEqual([call]);
  });

  test.each([
    [["swarm", "recover", "demo"], "usage.swarm-from"],
    [["swarm", "revive", "demo"], "usage.swarm-action"],
    [["swarm", "recover", "demo", "--from", "web-1"], "usage.confirm"],
  ])("%j does nothing and says what is missing", async (argv, code) => {
    const fake = fakeMachinist();
    const { code: exit, stderr } = await run(argv, { machinist: fake.machinist });
    expect(exit).toBe(2);
    expect(stderr).toContain(code);
    expect(fake.calls).toEqual([]);
  });
});
