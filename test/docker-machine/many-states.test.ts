import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openMachinist } from "@machinist/fleet";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Scene } from "../../packages/docker-machine/test/scene.ts";
import { makeShelf, type Shelf } from "../../packages/driver-plugin/test/shelf.ts";
import { runningOn, type State, shelve, states, why } from "./shelved.ts";

let scene: Scene;
let shelf: Shelf;
let env: Record<string, string>;
beforeEach(async () => {
  scene = new Scene();
  shelf = await makeShelf("TypeScript");
  env = { PATH: `${shelf.bin}:${process.env.PATH}`, SHELF_TOKEN: "sesame" };
});
afterEach(async () => {
  await scene.close();
  await shelf.remove();
});

const run = (...words: string[]) => scene.run(words, env);
/** One that is called broken is so. */
const shelved = (machines: Readonly<Record<string, State>>) => {
  for (const [name, state] of Object.entries(machines))
    shelve(scene, shelf, name, { state, ...(name === "broken" ? { broken: true } : {}) });
};
const running = () => runningOn(shelf);
const names = () => readdirSync(join(scene.store, "machines")).sort();

/** Machines without a Docker that a start would wait for. */
async function bare(machines: Readonly<Record<string, State>>): Promise<void> {
  await using machinist = await openMachinist({ storagePath: scene.store, env });
  const options = { folder: shelf.folder };
  const requests = Object.keys(machines).map((name) => ({ name, driver: "docker-machine-driver-shelf", options }));
  const made = machinist.create(requests.map((request) => ({ ...request, engine: false as const })));
  expect((await made.result).failures).toEqual([]);
  for (const file of readdirSync(shelf.folder)) {
    const path = join(shelf.folder, file);
    const kept = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify({ ...kept, state: states[machines[kept.name]!] }));
  }
}

describe("ls of machines in every state", () => {
  const some = { m10: "stopped", m9: "running", idle: "paused", broken: "running" } as const;

  test("shows each, in the order of its name's numbers, and what is not known of it", async () => {
    shelved({ ...some, late: "starting", ending: "stopping", kept: "saved", failed: "error" });
    const { stdout } = await run("ls", "--format", "{{.Name}}|{{.State}}|{{.URL}}|{{.DockerVersion}}|{{.Error}}");
    expect(stdout.split("\n")).toEqual([
      `broken|Error||Unknown|${why}`,
      "ending|Stopping||Unknown|",
      "failed|Error||Unknown|",
      "idle|Paused||Unknown|",
      "kept|Saved||Unknown|",
      "late|Starting||Unknown|",
      `m9|Running|tcp://127.0.0.1:2376|Unknown|Unable to query docker version: open ${scene.store}/certs/ca.pem: no such file or directory`,
      "m10|Stopped||Unknown|",
      "",
    ]);
  });

  test.each<[filters: string[], found: string[], complaints?: number]>([
    [["state=Stopped"], ["m10"], 1],
    [["state=sTOPPED"], ["m10"], 1],
    [["state=Paused", "state=Saved", "state=Stopped"], ["idle", "m10"], 3],
    [["state=Error"], ["broken"], 1],
    [["state=Paused", "state=error"], ["broken", "idle"], 2],
    [["state=Error", "state=Paused"], ["broken", "idle"], 1],
    [["state=Nothing"], [], 1],
    // Of one key any value, of several keys all.
    [["driver=SHELF", "driver=virtualbox", "state=Running"], ["m9"], 1],
    [["driver=virtualbox", "state=Running"], []],
    [
      ["name=^m", "name=idle"],
      ["idle", "m10", "m9"],
    ],
    [
      ["name=^m", "name=idle", "state=Paused", "state=Running"],
      ["idle", "m9"],
    ],
    [["name=b.?o", "state=Running"], [], 1],
  ])("finds by %j: %j", async (filters, found, complaints = 0) => {
    shelved(some);
    const said = await run("ls", "-q", ...filters.flatMap((filter) => ["--filter", filter]));
    const stdout = `${why}\n`.repeat(complaints) + found.map((name) => `${name}\n`).join("");
    expect(said).toEqual({ code: 0, stdout, stderr: "" });
  });

  test("filters by states however little time there is to show them", async () => {
    shelved({ m1: "running", m2: "stopped" });
    const said = await run("ls", "-t", "0", "--filter", "state=Running", "--format", "{{.Name}} {{.State}}");
    expect(said).toEqual({ code: 0, stdout: "m1 Timeout\n", stderr: "" });
  });
});

describe("a command for several machines", () => {
  test("start starts those that are off, and tells of those that run", async () => {
    await bare({ one: "stopped", two: "running", three: "paused", four: "stopped" });
    const said = await run("start", "one", "two", "three");
    expect(said).toMatchObject({ code: 1, stderr: 'Machine "two" is already running.\n' });
    const lines = said.stdout.split("\n").sort();
    expect(lines).toEqual([
      "",
      ...["one", "three"].map((name) => `Machine "${name}" was started.`),
      ...["one", "three", "two"].map((name) => `Starting "${name}"...`),
    ]);
    expect(running()).toEqual({ one: true, two: true, three: true, four: false });
  });

  test.each([
    ["stop", "Stopping", "stopped"],
    ["kill", "Killing", "killed"],
  ])("%s works on those that are named, and on no others", async (command, doing, done) => {
    shelved({ one: "running", two: "running", three: "running" });
    const said = await run(command, "one", "two");
    expect(said).toMatchObject({ code: 0, stderr: "" });
    for (const name of ["one", "two"])
      expect(said.stdout).toMatch(
        new RegExp(`^${doing} "${name}"\\.\\.\\.\n[^]*^Machine "${name}" was ${done}\\.\n`, "m"),
      );
    expect(running()).toEqual({ one: false, two: false, three: true });
    expect(await run(command, "one")).toMatchObject({ code: 1, stderr: 'Machine "one" is already stopped.\n' });
  });

  test("stop of one that fails stops the others all the same", async () => {
    shelved({ one: "running", broken: "running", two: "running" });
    expect(await run("stop", "one", "broken", "two")).toMatchObject({ code: 1, stderr: `${why}\n` });
    expect(running()).toEqual({ one: false, broken: true, two: false });
  });

  test.each(["stop", "kill", "start", "restart", "ip", "url", "status", "env"])(
    "%s of none takes the default machine, and no other in its place",
    async (command) => {
      shelved({ other: "running" });
      expect(await run(command)).toEqual({
        ...{ code: 1, stdout: "" },
        stderr: 'Error: No machine name(s) specified and no "default" machine exists\n',
      });
      expect(running()).toEqual({ other: true });
    },
  );

  test("stop and kill of none stop the default machine alone", async () => {
    for (const command of ["stop", "kill"]) {
      shelved({ default: "running", other: "running" });
      expect(await run(command)).toMatchObject({ code: 0, stderr: "" });
      expect(running()).toEqual({ default: false, other: true });
    }
  });
});

describe("rm", () => {
  test.each([[["-y"]], [["-f"]], [["-f", "-y=false"]]])(
    "%j removes those that are named, and no others",
    async (how) => {
      shelved({ one: "running", two: "stopped", three: "running" });
      expect(await run("rm", ...how, "one", "two")).toMatchObject({ code: 0, stderr: "" });
      expect([names(), Object.keys(running())]).toEqual([["three"], ["three"]]);
    },
  );

  test.each([[[]], [["-y=false"]], [["-y=false", "-f=false"]]])("%j with no answer removes nothing", async (how) => {
    shelved({ one: "running" });
    const said = await run("rm", ...how, "one");
    expect(said).toMatchObject({ code: 0, stdout: expect.stringMatching(/\(y\/n\): $/), stderr: "" });
    expect(names()).toEqual(["one"]);
  });

  test("goes on behind one that its provider cannot remove, and keeps that one", async () => {
    shelved({ one: "running", broken: "running", two: "running" });
    const said = await run("rm", "-y", "one", "broken", "two");
    expect(said).toMatchObject({ code: 1, stderr: expect.stringContaining(`Error removing host "broken": `) });
    expect(said.stderr).toContain(why);
    for (const name of ["one", "two"]) expect(said.stdout).toContain(`Successfully removed ${name}\n`);
    expect(names()).toEqual(["broken"]);
  });

  test("by force forgets it, says why it could not be removed, and ends well", async () => {
    shelved({ broken: "running" });
    const said = await run("rm", "-f", "broken");
    expect(said).toMatchObject({ code: 0, stderr: expect.stringContaining(why) });
    expect(said.stdout).toContain("Successfully removed broken\n");
    expect(names()).toEqual([]);
  });
});

describe("a machine that is off", () => {
  test.each([
    ["ssh off ls", 'Error: Cannot run SSH command: Host "off" is not running\n'],
    ["ssh off", 'Error: Cannot run SSH command: Host "off" is not running\n'],
    ["env off", "Error checking TLS connection: Host is not running\n"],
    ["config off", "Error running connection boilerplate: Host is not running\n"],
    ["version off", "Unable to query docker version: Host is not running\n"],
  ])("%s says so", async (words, stderr) => {
    shelved({ off: "stopped" });
    expect(await run(...words.split(" "))).toEqual({ code: 1, stdout: "", stderr });
    expect(await run("status", "off")).toEqual({ code: 0, stdout: "Stopped\n", stderr: "" });
  });
});

describe("a machine whose state cannot be found out", () => {
  test.each([
    ["status broken", `error getting state for host broken: ${why}\n`],
    ["ssh broken ls", `${why}\n`],
  ])("%s says why", async (words, stderr) => {
    shelved({ broken: "running" });
    expect(await run(...words.split(" "))).toEqual({ code: 1, stdout: "", stderr });
  });
});
