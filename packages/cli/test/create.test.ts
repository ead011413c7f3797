import { type DriverModule, MachinistError } from "@machinist/core";
import { describe, expect, test } from "vitest";
import { fakeMachinist, info, toyDriver } from "./fake-machinist.ts";
import { run } from "./world.ts";

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
      engine: { labels: { a: "b=c" }, env: { K: "" }, sans: ["x"], dns: ["1.1.1.1"], options: { mtu: 1400 } },
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

  test("what no engine could be given is told in words of the command line", async () => {
    const error = Object.assign(new MachinistError("provision.options", "engine.labels: odd", { hint: "Correct it" }), {
      option: "labels",
      problem: "odd",
    });
    const failing = { result: Promise.reject(error), async *[Symbol.asyncIterator]() {} };
    failing.result.catch(() => {});
    const { machinist } = fakeMachinist({ overrides: { create: () => failing } });
    const { code, stderr } = await run(["create", "-d", "toy", "--toy-size=2", "n"], { machinist });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "error: --engine-label: odd (usage.value)\nhint: See `machinist create --help`.\n",
    });
  });

  test("a flag with a name of its own is taken by that, as docker-machine has it, and by the driver's", async () => {
    const url = { type: "string", description: "Where it is", "x-flag": "url" } as const;
    const options = { type: "object", additionalProperties: false, required: ["url"], properties: { url } } as const;
    const none: DriverModule = { ...toyDriver, name: "none", credentials: {}, options };
    for (const flag of ["--url", "--none-url"]) {
      const fake = fakeMachinist({ overrides: { driver: async () => none } });
      const { code } = await run(["create", "-d", "none", flag, "tcp://192.0.2.7:2376", "n"], {
        machinist: fake.machinist,
      });
      expect(code).toBe(0);
      expect(fake.calls[0]?.[1]).toMatchObject([
        { name: "n", driver: "none", options: { url: "tcp://192.0.2.7:2376" } },
      ]);
    }
    const { machinist } = fakeMachinist({ overrides: { driver: async () => none } });
    const { stdout } = await run(["create", "-d", "none", "--help"], { machinist });
    expect(stdout).toMatch(/^ +--url <value> +Where it is/m);
    expect(stdout).not.toMatch(/--none-url|Other names/);
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

describe("create of one that was begun", () => {
  const begun = info("box", { fleet: "default", incomplete: true, resume: "machinist create box" });

  test("goes on without its driver being named again", async () => {
    const fake = fakeMachinist({ machines: [begun] });
    expect((await run(["create", "box"], { machinist: fake.machinist })).code).toBe(0);
    expect(fake.calls).toEqual([["create", [{ name: "box" }], {}]]);
    const other = await run(["create", "box", "--engine-label", "a=b"], { machinist: fake.machinist });
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("(usage.conflict)")]);
  });

  test("needs a driver where the machine is whole, or is none", async () => {
    const fake = fakeMachinist({ machines: [begun, info("db")] });
    for (const words of [["db"], ["new"], ["box", "new"]])
      expect((await run(["create", ...words], { machinist: fake.machinist })).stderr).toContain("(usage.no-driver)");
    expect(fake.calls).toEqual([]);
  });
});

test.each([["-s", "/there"], ["--storage-path", "/there"], ["--storage-path=/there"], ["-s/there"]])(
  "a driver is looked up in the store that is named: %j",
  async (...words) => {
    for (const argv of [
      [...words, "create", "-d", "toy", "--toy-size=1", "box"],
      ["create", "-d", "toy", "--toy-size=1", "box", ...words],
      [...words, "create", "-d", "toy", "--help"],
    ]) {
      const { code, opened } = await run(argv);
      expect([code, [...new Set(opened.map(({ storagePath }) => storagePath))]]).toEqual([0, ["/there"]]);
    }
  },
);
