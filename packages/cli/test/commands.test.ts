import type { FleetSpec } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import { describe, expect, test } from "vitest";
import { fakeMachinist, info, outcome } from "./fake-machinist.ts";
import { run } from "./world.ts";

const spec: FleetSpec = { name: "demo", machines: [], compose: [], stacks: [], contexts: true };
const manifest = {
  findManifest: async () => "/nowhere/machines.yaml",
  readManifest: async () => ({ spec, warnings: ["machines.yaml:1:1: odd"], files: [], where: () => undefined }),
};

describe("machinist", () => {
  test("alone, and with help, lists every command", async () => {
    for (const argv of [[], ["help"], ["--help"], ["-h"]]) {
      const { code, stdout } = await run(argv);
      expect(code).toBe(0);
      expect(stdout).toContain("Usage: machinist COMMAND");
      expect(stdout).toMatch(/^ {2}regenerate-certs /m);
    }
  });

  test("help COMMAND and COMMAND --help say the same", async () => {
    const [one, other] = [await run(["help", "ls"]), await run(["ls", "--help"])];
    expect(one.stdout).toBe(other.stdout);
    expect(one.stdout).toContain("--filter <key=value>");
  });

  test.each([
    [["--version"], "0.0.0-source\n"],
    [["-V"], "0.0.0-source\n"],
  ])("%j", async (argv, expected) => {
    expect(await run(argv)).toMatchObject({ code: 0, stdout: expected, stderr: "" });
  });

  test.each([
    [["lss"], /no command "lss" \(usage\.unknown-command\)\nhint: Did you mean `machinist ls`/],
    [["ls", "--jsn"], /no flag --jsn \(usage\.unknown-flag\)\nhint: Did you mean --json\?/],
    [["--nope"], /no flag --nope \(usage\.unknown-flag\)/],
    [["ls", "extra"], /\(usage\.too-many-arguments\)/],
    [["rm"], /\(usage\.missing-argument\)/],
    [["ls", "--progress", "loud"], /--progress must be one of .*\(usage\.value\)/],
    [["ls", "--concurrency", "0"], /\(usage\.value\)/],
    [["ls", "--concurrency"], /\(usage\.missing-value\)/],
    [["ls", "--filter", "nope=1"], /no filter "nope" \(usage\.filter\)/],
    [["ls", "--filter", "name=("], /no regular expression/],
    [["create", "a b", "-d", "toy"], /cannot be a machine's name \(usage\.name\)/],
    [["create", "a", "A", "-d", "toy"], /A was named twice \(usage\.name\)\nhint: Give each/],
    [["create", "a", "--count", "0", "-d", "toy"], /\(usage\.value\)\nhint: See `machinist create --help`/],
    [["create", "a"], /No driver was named \(usage\.no-driver\)\nhint: Name one with -d: toy/],
    [["create", "a", "-d", "nope"], /no driver nope \(driver\.unknown\)/],
    [["create", "a", "-d", "toy", "--toy-size", "x"], /must be a whole number.*\(options\.invalid\)/],
    [["create", "a", "-d", "toy"], /needs option size.*\(options\.missing\)/],
    [["env", "web-1", "--shell", "perl"], /no shell "perl"/],
    [["completion", "perl"], /no completion for "perl"/],
    [["up"], /no machines\.yaml in \/nowhere \(usage\.no-manifest\)/],
    [["rm", "web-1"], /needs your consent.*\(usage\.confirm\)\nhint: Add --yes/],
    [["scp", "a", "b"], /Neither path names a machine/],
    [["status"], /none is called "default" \(usage\.no-machine\)\nhint: There are web-1, db/],
    [["down", "nope"], /no fleet "nope" \(usage\.unknown-fleet\)/],
  ])("%j is wrong use: exit code 2, a sentence, no stack", async (argv, sentence) => {
    const { code, stdout, stderr } = await run(argv);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  test("errors are one JSON object with --json, wherever it stands", async () => {
    for (const argv of [
      ["--json", "lss"],
      ["ls", "--json", "--bad"],
    ])
      expect(JSON.parse((await run(argv)).stderr)).toMatchObject({
        type: "error",
        code: expect.stringMatching(/^usage\./),
      });
  });

  test("a bug shows its stack with --debug only", async () => {
    const broken = fakeMachinist({ overrides: { names: () => Promise.reject(new Error("oops")) } }).machinist;
    const plain = await run(["ls", "-q"], { machinist: broken });
    expect(plain).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("error: oops (internal)\nhint: This is a bug"),
    });
    expect(plain.stderr).not.toContain("    at ");
    expect((await run(["ls", "-q", "--debug"], { machinist: broken })).stderr).toContain("    at ");
  });

  test("an error of another copy of core keeps its code and hint", async () => {
    class Foreign extends Error {
      readonly code = "driver.tool-missing";
      readonly hint = "Install it.";
      readonly retryable = false;
      readonly stage = "check";
    }
    const machinist = fakeMachinist({ overrides: { names: () => Promise.reject(new Foreign("No tool")) } }).machinist;
    const { code, stderr } = await run(["ls", "-q"], { machinist });
    expect({ code, stderr }).toEqual({ code: 3, stderr: "error: No tool (driver.tool-missing)\nhint: Install it.\n" });
  });

  test("text of others cannot command the terminal", async () => {
    const nasty = new MachinistError("ssh.refused", "no\x1b[2Jway\x07\x1b]0;pwned\x07");
    const machinist = fakeMachinist({ overrides: { names: () => Promise.reject(nasty) } }).machinist;
    expect((await run(["ls", "-q"], { machinist })).stderr).toBe("error: noway (ssh.refused)\n");
  });

  test("global flags reach the store, before or after the command", async () => {
    for (const argv of [
      ["-s", "/x", "--concurrency=3", "ls", "-q"],
      ["ls", "-q", "--storage-path=/x", "--concurrency", "3"],
    ])
      expect((await run(argv)).opened).toMatchObject([{ storagePath: "/x", concurrency: 3 }]);
  });

  test("the store is closed after each command", async () => {
    const fake = fakeMachinist();
    await run(["ip", "web-1"], { machinist: fake.machinist });
    await run(["ip", "nope"], { machinist: fake.machinist });
    expect(fake.closed).toBe(2);
  });
});

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

  test("a failed machine: each failure on stderr, exit code 1, how to go on", async () => {
    const failures = [
      { id: "web-1/engine", code: "provision.install", message: "No package", hint: "Free some space." },
    ];
    const failed = outcome({ ok: false, failures, machines: [{ name: "web-1", result: "failed", ms: 1 }] });
    const { code, stdout, stderr } = await run(["up"], world(fakeMachinist({ outcome: failed })));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "✖ Failed in 1.2 s: 1 failed\n  web-1  failed\n" });
    expect(stderr).toContain("error: web-1/engine: No package (provision.install)\nhint: Free some space.\n");
    expect(stderr).toContain("What is done stays done; to go on: machinist up\n");
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

  test("up at a terminal asks before it removes what the manifest does not name", async () => {
    const machines = [info("old", { fleet: "demo" }), info("other")];
    for (const [typed, called] of [
      ["n\n", 0],
      ["", 0],
      ["y\n", 1],
    ] as const) {
      const fake = fakeMachinist({ machines });
      const { code, stderr } = await run(["up"], { ...world(fake), columns: 80, typed });
      expect(stderr).toContain("Remove old, not in the manifest? [y/N]");
      expect({ code, calls: fake.calls.length }).toEqual({ code: 0, calls: called });
    }
    const fake = fakeMachinist({ machines });
    expect((await run(["up", "--yes"], { ...world(fake), columns: 80 })).stderr).not.toContain("?");
    expect(fake.calls.length).toBe(1);
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
        "  ~ engine    update: dns (changed behind our back)",
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
    expect((await run(["plan"], world())).stdout).toBe("demo: nothing to do, everything is as declared\n");
  });

  test("clone", async () => {
    const fake = fakeMachinist();
    expect((await run(["clone", "web-1", "web-test"], world(fake))).code).toBe(0);
    expect(fake.calls).toEqual([["clone", "web-1", "web-test", {}]]);
    for (const words of [["clone"], ["clone", "web-1"], ["clone", "a", "b", "c"]])
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

describe("create", () => {
  test("passes on the driver's options, checked, and the engine's", async () => {
    const fake = fakeMachinist();
    const argv = [
      "create",
      "n",
      "--count",
      "2",
      "--driver=toy",
      "--toy-size",
      "4",
      "--toy-tag",
      "a,b",
      "--toy-tag",
      "c",
    ];
    const engine = [
      "--engine-label",
      "a=b=c",
      "--engine-opt",
      "dns=1.1.1.1",
      "--engine-opt=mtu=1400",
      "--tls-san",
      "x",
    ];
    const { code } = await run([...argv, "--toy-shiny", ...engine, "--engine-env", "K="], {
      machinist: fake.machinist,
    });
    const request = {
      driver: "toy",
      options: { size: 4, colour: "red", tag: ["a", "b", "c"], shiny: true },
      engine: { labels: { a: "b=c" }, env: { K: "" }, sans: ["x"], options: { dns: ["1.1.1.1"], mtu: 1400 } },
    };
    expect(code).toBe(0);
    expect(fake.calls).toEqual([
      [
        "create",
        [
          { name: "n-1", ...request },
          { name: "n-2", ...request },
        ],
        {},
      ],
    ]);
  });

  test("takes driver and options from the environment; --no-engine and --context", async () => {
    const fake = fakeMachinist();
    const env = { MACHINE_DRIVER: "toy", TOY_SIZE: "3" };
    await run(["create", "n", "--no-engine", "--context"], { machinist: fake.machinist, env });
    const options = { size: 3, colour: "red" };
    expect(fake.calls[0]?.[1]).toEqual([{ name: "n", driver: "toy", options, engine: false, context: true }]);
  });

  test("--help with a driver shows its flags with defaults and variables", async () => {
    const { stdout, code } = await run(["create", "-d", "toy", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("Driver toy (Machines made of nothing):");
    expect(stdout).toMatch(/--toy-size <number> +How big \[required, \$TOY_SIZE\]/);
    expect(stdout).toMatch(/--toy-colour <red\|blue> +Its colour \[default: red\]/);
  });
});

describe("ls", () => {
  const end = Date.parse("2026-01-10T00:00:00Z");
  const view = { state: "running" as const, active: false, responseMs: 1 };
  const machines = [
    {
      ...view,
      name: "web-1",
      info: info("web-1", { swarm: "manager", certExpires: "2026-01-19T12:00:00Z" }),
      dockerVersion: "28.1.0",
      active: true,
    },
    { ...view, name: "db", info: info("db", { incomplete: true }), state: "error" as const },
    {
      ...view,
      name: "lost",
      state: "unknown" as const,
      error: { id: "lost", code: "store.corrupt", message: "bad\nrecord" },
    },
  ];
  const world = { machinist: fakeMachinist({ views: machines }).machinist, now: end };

  test("shows an aligned table, and warns of certificates that end", async () => {
    const { stdout, stderr, code } = await run(["ls"], world);
    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        "NAME    ACTIVE   DRIVER   STATE     URL                   SWARM     DOCKER    ERRORS",
        "web-1   *        toy      running   tcp://10.0.0.5:2376   manager   v28.1.0   its certificate ends in 9 days",
        "db      -        toy      error     tcp://10.0.0.2:2376             unknown   not finished: run `machinist up` or `create` again",
        "lost    -                 unknown                                   unknown   bad record",
        "",
      ].join("\n"),
    );
    expect(stderr).toBe("warning: The certificate of web-1 ends in 9 days: machinist regenerate-certs web-1\n");
  });

  test("fits the terminal", async () => {
    const { stdout } = await run(["ls", "--no-color"], { ...world, columns: 90 });
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBe(90);
    expect(stdout).toContain("…");
  });

  test.each([
    [["--filter", "state=RUNNING"], "web-1\n"],
    [["--filter", "name=^w", "--filter", "name=lost"], "web-1\nlost\n"],
    [["--filter", "driver=toy", "--filter", "name=d"], "db\n"],
    [["--filter", "label=env=dev", "--filter", "swarm=manager"], "web-1\n"],
    [["--filter", "fleet=none"], ""],
  ])("%j", async (filters, expected) => {
    expect((await run(["ls", "-q", ...filters], world)).stdout).toBe(expected);
  });

  test("--json is the views", async () => {
    expect(JSON.parse((await run(["ls", "--json"], world)).stdout)).toMatchObject([
      { name: "web-1" },
      { name: "db" },
      { name: "lost" },
    ]);
  });

  test("never hangs: what hangs in spite of its deadline is given up", async () => {
    const machinist = fakeMachinist({ overrides: { machines: () => new Promise(() => {}) } }).machinist;
    const started = Date.now();
    const { stdout, code } = await run(["ls", "-t", "0"], { machinist });
    expect(Date.now() - started).toBeLessThan(4000);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^web-1 .*unknown.*No answer within 2 s$/m);
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

describe("rm, power, provision, regenerate-certs", () => {
  test.each([
    [
      ["rm", "-y", "db", "web-1", "db"],
      ["remove", ["db", "web-1"], { force: false }],
    ],
    [
      ["rm", "db", "-f"],
      ["remove", ["db"], { force: true }],
    ],
    [
      ["start", "db", "web-1"],
      ["power", "start", ["db", "web-1"], {}],
    ],
    [
      ["stop", "db"],
      ["power", "stop", ["db"], {}],
    ],
    [
      ["restart", "db"],
      ["power", "restart", ["db"], {}],
    ],
    [
      ["kill", "db"],
      ["power", "kill", ["db"], {}],
    ],
    [
      ["provision", "db"],
      ["provision", ["db"], {}],
    ],
    [
      ["regenerate-certs", "-f", "db", "--client-certs"],
      ["regenerateCerts", ["db"], { client: true }],
    ],
    [
      ["regenerate-certs", "--ca"],
      ["rotateAuthority", {}],
    ],
  ])("%j", async (argv, call) => {
    const fake = fakeMachinist();
    expect((await run(argv, { machinist: fake.machinist })).code).toBe(0);
    expect(fake.calls).toEqual([call]);
  });

  test("rm that failed tells how to forget; what was forgotten by force is warned of, not an error", async () => {
    const failures = [{ id: "db/engine", code: "ssh.auth", message: "No key fits", hint: "Look at the key." }];
    const failing = fakeMachinist({ outcome: outcome({ ok: false, failures }) });
    const failed = await run(["rm", "-y", "db"], { machinist: failing.machinist });
    expect(failed).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/error: .*\(ssh\.auth\)\nhint: Look at the key\./),
    });
    expect(failed.stderr).toContain("machinist rm -f db");
    const forced = fakeMachinist({ outcome: outcome({ failures }) });
    const forgotten = await run(["rm", "-f", "db"], { machinist: forced.machinist });
    expect(forgotten).toMatchObject({ code: 0, stderr: "warning: db/engine: No key fits\n" });
  });

  test.each([
    [["--toy-shiny", "web"], true],
    [["--toy-shiny", "false", "web"], false],
    [["--toy-shiny=false", "web"], false],
    [["web", "--toy-shiny"], true],
  ])("a flag that is true or false takes no name for its value: create %j", async (words, shiny) => {
    const fake = fakeMachinist();
    const { code } = await run(["create", "-d", "toy", "--toy-size", "1", ...words], { machinist: fake.machinist });
    expect(code).toBe(0);
    expect(fake.calls).toMatchObject([["create", [{ name: "web", options: { shiny } }], {}]]);
  });

  test("rm of an unknown name removes nothing, unless forced", async () => {
    const fake = fakeMachinist();
    const { code, stderr } = await run(["rm", "-y", "db", "nope"], { machinist: fake.machinist });
    expect({ code, stderr, calls: fake.calls }).toEqual({
      code: 1,
      stderr: 'error: There is no machine "nope" (machine.unknown)\nhint: Look again.\n',
      calls: [],
    });
    await run(["rm", "-f", "nope"], { machinist: fake.machinist });
    expect(fake.calls).toHaveLength(1);
  });

  test("without a name, the machine called default", async () => {
    const fake = fakeMachinist({ machines: [info("default")] });
    await run(["stop"], { machinist: fake.machinist });
    expect(fake.calls).toEqual([["power", "stop", ["default"], {}]]);
  });
});

describe("facts of machines", () => {
  test.each([
    [["ip", "web-1", "db"], "10.0.0.5\n10.0.0.2\n"],
    [["url", "db"], "tcp://10.0.0.2:2376\n"],
    [["status", "db"], "running\n"],
    [["status", "db", "web-1"], "db running\nweb-1 running\n"],
    [["version", "db"], "28.1.0\n"],
    [["inspect", "db", "-f", "options.size"], "2\n"],
    [["inspect", "-f", "{{.endpoint.host}}", "db"], "10.0.0.2\n"],
    [["inspect", "db", "-f", "{{json .options}}"], '{"size":2}\n'],
    [
      ["config", "db"],
      '--tlsverify\n--tlscacert="/store/machines/db/ca.pem"\n--tlscert="/store/machines/db/cert.pem"\n--tlskey="/store/machines/db/key.pem"\n-H=tcp://10.0.0.2:2376\n',
    ],
  ])("%j", async (argv, expected) => {
    expect(await run(argv)).toMatchObject({ code: 0, stdout: expected, stderr: "" });
  });

  test("one unknown machine does not hide the others'", async () => {
    const { code, stdout, stderr } = await run(["ip", "nope", "db"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "10.0.0.2\n" });
    expect(stderr).toContain('no machine "nope"');
  });

  test("inspect of a path that is not there names what is", async () => {
    expect((await run(["inspect", "db", "-f", "options.disk"])).stderr).toContain(
      'no "disk" at options.disk (usage.format)\nhint: There are size.',
    );
  });

  test("--json", async () => {
    expect(JSON.parse((await run(["ip", "db", "--json"])).stdout)).toEqual([{ name: "db", ip: "10.0.0.2" }]);
    expect(JSON.parse((await run(["inspect", "db"])).stdout)).toMatchObject({ name: "db", driver: "toy" });
  });

  test("active", async () => {
    expect(await run(["active"])).toMatchObject({ code: 1, stderr: expect.stringContaining("(machine.none-active)") });
    const machinist = fakeMachinist({ overrides: { active: async () => "db" } }).machinist;
    expect(await run(["active"], { machinist })).toMatchObject({ code: 0, stdout: "db\n" });
  });

  test("doctor", async () => {
    const checks = [
      { name: "store", status: "ok", message: "Fine" },
      { name: "ssh", status: "failed", message: "No answer", hint: "Start it." },
    ] as const;
    const machinist = fakeMachinist({ overrides: { doctor: async () => [...checks] } }).machinist;
    expect(await run(["doctor"], { machinist })).toMatchObject({
      code: 1,
      stdout: "✔ store  Fine\n✖ ssh    No answer\n         hint: Start it.\n1 ok, 0 warnings, 1 failed\n",
    });
  });
});
