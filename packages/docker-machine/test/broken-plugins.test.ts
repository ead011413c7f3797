import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keep } from "./kept-machines.ts";
import { Scene } from "./scene.ts";

/** Beside an engine known by its URL, machines whose plugins are here and do not start. Compared with docker-machine 0.16.2. */
let scene: Scene;
let bin: string;
beforeEach(() => {
  scene = new Scene();
  bin = join(scene.home, "bin");
  mkdirSync(bin);
  keep(scene, "m1", { driver: "none", kept: { URL: "tcp://127.0.0.1:1" } });
  plugin("acme", "#!/bin/sh\necho 'error while loading shared libraries: libacme.so.1' >&2\nexit 127\n");
  plugin("nowhere", "#!/nowhere/at/all\n");
  plugin("plain", "#!/bin/sh\n", 0o644);
});
afterEach(() => scene.close());

/** A plugin on PATH, and a machine of it. */
function plugin(name: string, program: string, mode = 0o755): void {
  const path = join(bin, `docker-machine-driver-${name}`);
  writeFileSync(path, program);
  chmodSync(path, mode);
  keep(scene, name, { driver: name });
}

const run = (...words: string[]) => scene.run(words, { PATH: `${bin}:/usr/bin:/bin` });
const cells = ["Name", "Active", "DriverName", "State", "DockerVersion", "Error"]
  .map((cell) => `{{.${cell}}}`)
  .join("|");

const acme = "The plugin of driver acme does not start: error while loading shared libraries: libacme.so.1";
const nowhere = /^nowhere\|\|not found\|Error\|\|The plugin of driver nowhere does not start: /;
const complaintOfPlain = 'Driver "plain" not found. Do you have the plugin binary accessible in your PATH?\n';

test("ls shows them as machines that cannot be loaded, and says why", async () => {
  const { code, stdout, stderr } = await run("ls", "--format", cells);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const [first, , third, fourth] = stdout.split("\n");
  expect(first).toBe(`acme||not found|Error||${acme}`);
  expect(third).toMatch(nowhere);
  // One that may not be run is none, as for a shell.
  expect(`${fourth}\n`).toBe(`plain|-|not-found|Error|Unknown|${complaintOfPlain}`);
});

test("a filter for a state leaves them in the table and out of the names, without a complaint", async () => {
  const shown = await run("ls", "--filter", "state=Running", "--filter", "driver=acme", "--format", cells);
  expect(shown.stdout).toBe(`${complaintOfPlain}acme||not found|Error||${acme}\n`);
  for (const state of ["Running", "Error"])
    expect(await run("ls", "-q", "--filter", `state=${state}`, "--filter", "driver=acme")).toEqual({
      code: 0,
      stdout: complaintOfPlain,
      stderr: "",
    });
});

test("status says why alone", async () => {
  expect(await run("status", "acme")).toEqual({ code: 1, stdout: "", stderr: `${acme}\n` });
});
