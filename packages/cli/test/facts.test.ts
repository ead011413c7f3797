import { describe, expect, onTestFinished, test, vi } from "vitest";
import { fakeMachinist, info } from "./fake-machinist.ts";
import { run } from "./world.ts";

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
    {
      ...view,
      name: "db",
      info: info("db", { incomplete: true, resume: "machinist create db" }),
      state: "error" as const,
    },
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
        "db      -        toy      error     tcp://10.0.0.2:2376             unknown   incomplete; to resume: machinist create db",
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
    const deadlines = vi.spyOn(AbortSignal, "timeout");
    onTestFinished(() => deadlines.mockRestore());
    const { stdout, code } = await run(["ls", "-t", "0"], { machinist });
    expect(deadlines.mock.calls).toEqual([[2000]]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^web-1 .*unknown.*No answer within 2 s$/m);
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
