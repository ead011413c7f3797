import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Scene } from "../../packages/docker-machine/test/scene.ts";
import { Tools } from "../../packages/docker-machine/test/tools.ts";
import { makeShelf, type Shelf } from "../../packages/driver-plugin/test/shelf.ts";
import { shelve } from "./shelved.ts";

let scene: Scene;
let shelf: Shelf;
let tools: Tools;
let env: Record<string, string>;
beforeAll(async () => {
  scene = new Scene();
  shelf = await makeShelf("TypeScript");
  tools = new Tools(scene, ["ssh"]);
  env = { PATH: `${tools.bin}:${shelf.bin}`, SHELF_TOKEN: "sesame" };
  for (const name of ["box", "default"]) {
    shelve(scene, shelf, name, { state: "running", address: "192.0.2.7" });
    // Seen before: nobody has to be asked for the host key.
    writeFileSync(join(scene.store, "machines", name, "known_hosts"), "");
  }
});
afterAll(async () => {
  await scene.close();
  await shelf.remove();
});

describe("docker-machine ssh", () => {
  test.each<[given: string, machine: string, words: string[]]>([
    ["ssh", "default", []],
    ["ssh box", "box", []],
    ["ssh box df -h", "box", ["df", "-h"]],
    // Behind the machine all words are ssh's, its own flags and those that look like ours.
    ["ssh box -C echo one", "box", ["-C", "echo", "one"]],
    ["ssh box -- ls -lah /", "box", ["--", "ls", "-lah", "/"]],
    ["ssh box --help", "box", ["--help"]],
    // A shell needs a terminal's program, whichever SSH a command would go by.
    ["--native-ssh ssh box", "box", []],
  ])("%j calls ssh of %s with %j", async (given, machine, words) => {
    expect(await scene.run(given.split(" "), env)).toEqual({ code: 0, stdout: "", stderr: "" });
    const called = tools.called();
    const at = called.indexOf("ada@192.0.2.7");
    expect([called[0], called.slice(at + 1)]).toEqual(["ssh", words]);
    expect(called.slice(0, at)).toContain(
      `UserKnownHostsFile=${join(scene.store, "machines", machine, "known_hosts")}`,
    );
  });

  test.each(["-h", "--help", "-help"])("%s explains itself", async (flag) => {
    const said = await scene.run(["ssh", flag, "box"], env);
    expect(said).toMatchObject({ code: 0, stderr: "" });
    expect(said.stdout).toMatch(/^Usage: docker-machine ssh \[arg...\]\n/);
    expect(tools.called()).toEqual([]);
  });

  test("says where there is no ssh that a shell needs one", async () => {
    const said = await scene.run(["ssh", "box"], { ...env, PATH: shelf.bin });
    expect(said).toMatchObject({ code: 1, stderr: expect.stringContaining('exec: "ssh": executable file not found') });
  });
});
