import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DriverView } from "@machinist/fleet";
import { readManifest } from "@machinist/manifest";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { manifestText, type NewManifest } from "../src/new-manifest.ts";
import { fakeMachinist } from "./fake-machinist.ts";
import { run, type World } from "./world.ts";

const found: readonly DriverView[] = [
  {
    driver: "virtualbox",
    state: "unusable",
    message: "VBoxManage was not found",
    hint: "Install VirtualBox",
    required: [],
  },
  { driver: "nspawn", state: "ready", message: "ready", description: "Machine containers", required: [] },
  { driver: "generic", state: "installed", message: "installed", description: "A host", required: ["ip-address"] },
  { driver: "qemu", state: "missing", message: "not installed", hint: "npm install -g @machinist/driver-qemu" },
];

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "machinist-Init_"));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

const { machinist } = fakeMachinist({ overrides: { driversHere: async () => [...found] } });
const init = (words: readonly string[], more: World = {}) => run(["init", ...words], { machinist, cwd, ...more });
const written = () => readFile(join(cwd, "machines.yaml"), "utf8");

describe("init", () => {
  test("takes what works here, and says what to type next", async () => {
    const { code, stdout } = await init([]);
    expect(code).toBe(0);
    expect(stdout).toBe("Wrote machines.yaml: 3 machines with nspawn.\nNext: machinist plan, then machinist up\n");
    expect(await written()).toMatch(/^name: machinist-init-[a-z0-9-]+$/m);
    expect(await written()).toContain("manager: { swarm: manager }\n  worker: { count: 2, swarm: worker }\n");
  });

  test("takes flags, and warns of a driver that lacks something", async () => {
    const words = [
      "-d",
      "virtualbox",
      "--name",
      "lab",
      "--machines",
      "5",
      "--managers",
      "3",
      "--compose",
      "app/c.yaml",
    ];
    const { stdout } = await init([...words, "-f", "lab.yaml"]);
    expect(stdout).toContain("! driver virtualbox  VBoxManage was not found");
    expect(stdout).toContain("hint: Install VirtualBox");
    expect(stdout).toContain("Next: machinist plan -f lab.yaml, then machinist up -f lab.yaml");
    const { spec } = await readManifest([join(cwd, "lab.yaml")], { env: {}, cwd }).catch((error) => {
      // The compose file is not there yet, and that is all.
      expect(String(error.message)).toContain("app/c.yaml");
      return { spec: undefined };
    });
    expect(spec?.machines.length ?? 5).toBe(5);
  });

  test("writes over nothing, unless told to", async () => {
    await writeFile(join(cwd, "machines.yaml"), "mine");
    const refused = await init([]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/is there already \(usage\.exists\)\nhint: .*--force/);
    expect(await written()).toBe("mine");
    expect((await init(["--force"])).code).toBe(0);
    expect(await written()).not.toBe("mine");
  });

  test("tells scripts what it wrote and found", async () => {
    const { stdout } = await init(["--json", "--machines", "1", "--managers", "0"]);
    expect(JSON.parse(stdout)).toMatchObject({
      file: join(cwd, "machines.yaml"),
      driver: "nspawn",
      machines: 1,
      managers: 0,
      drivers: [{ driver: "virtualbox", state: "unusable" }, {}, {}, {}],
    });
  });

  test.each([
    [["--machines", "0"], "usage.value"],
    [["--machines", "many"], "usage.value"],
    [["--managers", "-1"], "usage.value"],
    [["--machines", "2", "--managers", "3"], "usage.value"],
    [["-f", "machines.yaml/deep.yaml"], "init.write"],
  ])("%j is refused", async (words, code) => {
    await writeFile(join(cwd, "machines.yaml"), "mine");
    const ended = await init([...words, "--force"]);
    expect(ended.stderr).toContain(`(${code})`);
    expect(await written()).toBe("mine");
  });

  test("without a driver that works there is nothing to write", async () => {
    const none = fakeMachinist({ overrides: { driversHere: async () => [found[0]!, found[3]!] } }).machinist;
    const ended = await init([], { machinist: none });
    expect(ended.stderr).toMatch(/\(usage\.no-driver\)\nhint: .*machinist driver ls/);
  });

  test("asks at a terminal what no flag says; broken off, it writes nothing", async () => {
    const asked: unknown[] = [];
    const answers = { driver: "generic", machines: 2, managers: 0 };
    const services = (answered: typeof answers | undefined) => ({
      questions: async () => ({
        askNewFleet: async (options: unknown) => {
          asked.push(options);
          return answered;
        },
      }),
    });
    const given = await init(["--machines", "2"], { columns: 80, services: services(answers) });
    expect(asked[0]).toMatchObject({
      standard: { driver: "nspawn", machines: 2, managers: 1 },
      ask: { driver: true, machines: false, managers: true, compose: true },
      drivers: [{ name: "virtualbox", works: false, words: "VBoxManage was not found" }, {}, {}, {}],
    });
    expect(given.stdout).toContain("Fill in what it needs: ip-address.");
    expect(await written()).toContain('machine-1: { options: { ip-address: "" } }');
    await rm(join(cwd, "machines.yaml"));
    const broken = await init([], { columns: 80, services: services(undefined) });
    expect(broken.code).toBe(130);
    await expect(written()).rejects.toThrow("ENOENT");
    await init(["--yes"], { columns: 80, services: services(undefined) });
    expect(asked).toHaveLength(2);
  });
});

describe("a new manifest", () => {
  const standard: NewManifest = { name: "lab", driver: "nspawn", required: [], machines: 3, managers: 1 };
  const counts = [1, 2, 3, 7].flatMap((machines) => [0, 1, machines].map((managers) => ({ machines, managers })));

  test.each(counts)("of %j is valid, and declares them", async ({ machines, managers }) => {
    const path = join(cwd, "m.yaml");
    for (const name of ["lab", "on"]) {
      await writeFile(path, manifestText({ ...standard, name, machines, managers }));
      const { spec } = await readManifest([path], { env: {}, cwd });
      expect(spec.machines).toHaveLength(machines);
      expect(spec.machines.filter(({ swarm }) => swarm?.role === "manager")).toHaveLength(managers);
    }
  });
});

test("driver ls tells what there is, and what the others need", async () => {
  const { stdout } = await run(["driver"], { machinist });
  expect(stdout.split("\n")).toEqual([
    "! virtualbox  VBoxManage was not found",
    "              hint: Install VirtualBox",
    "✔ nspawn      Machine containers",
    "✔ generic     A host (needs ip-address)",
    "· qemu        not installed",
    "              hint: npm install -g @machinist/driver-qemu",
    "",
  ]);
  expect(JSON.parse((await run(["driver", "ls", "--json"], { machinist })).stdout)).toHaveLength(4);
  const wrapped = await run(["driver", "wrap-docker-machine", "/old/docker-machine"], { machinist });
  expect(wrapped).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("google  next: machinist create -d google"),
  });
  expect((await run(["driver", "frobnicate"], { machinist })).stderr).toContain("(usage.value)");
});
