import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keep } from "./kept-machines.ts";
import { Scene } from "./scene.ts";
import { Tools } from "./tools.ts";

let scene: Scene;
let tools: Tools;
beforeEach(() => {
  scene = new Scene();
  tools = new Tools(scene, ["ssh", "scp", "rsync", "cp", "sshfs", "fusermount"]);
  // Seen before: nobody has to be asked for the host key.
  for (const name of ["box", "default"]) writeFileSync(join(keep(scene, name), "known_hosts"), "");
  writeFileSync(join(keep(scene, "keyless", { kept: { SSHKeyPath: "" } }), "known_hosts"), "");
  keep(scene, "lost", { driver: "acme" });
  keep(scene, "bare", { driver: "none", kept: { URL: "tcp://127.0.0.1:1" } });
});
afterEach(() => scene.close());

const run = (...words: string[]) => scene.run(words, { PATH: tools.bin });
const ok = { code: 0, stdout: "", stderr: "" };

/** How the program is told to reach a machine: by its own key alone, at its port, as the host that was seen before. */
const reaching = (name: string) => [
  `IdentityFile=${join(scene.store, "machines", name, "id_rsa")}`,
  `UserKnownHostsFile=${join(scene.store, "machines", name, "known_hosts")}`,
  ...["IdentitiesOnly=yes", "StrictHostKeyChecking=yes", "Port=2022"],
];
/** Without the options of ssh, which stand between. */
const bare = (words: readonly string[]) => words.filter((word, at) => word !== "-o" && words[at - 1] !== "-o");

describe("scp", () => {
  test.each<[given: string[], called: string[]]>([
    [
      ["here", "box:/there"],
      ["scp", "-3", "-F", "none", "here", "ada@192.0.2.7:/there"],
    ],
    [
      ["box:/there", "here"],
      ["scp", "-3", "-F", "none", "ada@192.0.2.7:/there", "here"],
    ],
    [
      ["-r", "box:", "here"],
      ["scp", "-3", "-F", "none", "-r", "ada@192.0.2.7:", "here"],
    ],
    [
      ["-r", "-q", "here", "box:a b"],
      ["scp", "-3", "-F", "none", "-r", "-q", "here", "ada@192.0.2.7:a b"],
    ],
    // Somebody else may log in, whoever the machine's own user is; nobody named is that one.
    [
      ["bob@box:/there", "here"],
      ["scp", "-3", "-F", "none", "bob@192.0.2.7:/there", "here"],
    ],
    [
      ["@box:/there", "here"],
      ["scp", "-3", "-F", "none", "ada@192.0.2.7:/there", "here"],
    ],
    // What stands before the first colon is the machine; the rest is a path, whatever it looks like.
    [
      ["box:C:\\there", "here"],
      ["scp", "-3", "-F", "none", "ada@192.0.2.7:C:\\there", "here"],
    ],
    [
      ["box:one", "default:two"],
      ["scp", "-3", "-F", "none", "ada@192.0.2.7:one", "ada@192.0.2.7:two"],
    ],
    [
      ["-d", "here", "box:/there"],
      ["rsync", "--partial", "-e", "ssh", "--progress", "here", "ada@192.0.2.7:/there"],
    ],
    [
      ["-d", "-r", "-q", "here", "box:"],
      ["rsync", "--partial", "-e", "ssh", "-r", "-q", "here", "ada@192.0.2.7:"],
    ],
    // This side has no machine, and no ssh to reach it by.
    [
      ["one", "two"],
      ["cp", "one", "two"],
    ],
    [
      ["localhost:one", "two"],
      ["cp", "one", "two"],
    ],
    [
      ["ada@localhost:one", "two"],
      ["cp", "one", "two"],
    ],
    [
      ["-r", "localhost:C:\\one", "two"],
      ["cp", "-r", "C:\\one", "two"],
    ],
    [
      ["--", "-one", "two"],
      ["cp", "./-one", "two"],
    ],
    [
      ["-d", "one", "localhost:two"],
      ["rsync", "--partial", "-e", "ssh", "--progress", "one", "two"],
    ],
  ])("%j", async (given, called) => {
    expect(await run("scp", ...given)).toEqual(ok);
    const words = tools.called();
    const shell = words[0] === "rsync" ? words[3]! : undefined;
    expect(bare(words).map((word) => (word === shell ? "ssh" : word))).toEqual(called);
    const options = shell?.split(" ") ?? words;
    if (called.some((word) => word.includes("192.0.2.7"))) expect(options).toEqual(expect.arrayContaining(ours(given)));
    else expect(options.join(" ")).not.toContain("IdentityFile");
  });

  // Whoever named no key logs in by the keys of an agent, or by the usual ones, and is not kept from them.
  test.each<[given: string[], keys: string[]]>([
    [["keyless:/there", "here"], []],
    [["keyless:one", "box:two"], ["box"]],
    [["box:one", "keyless:two"], ["box"]],
  ])("%j is not limited to the keys that machines have", async (given, keys) => {
    expect(await run("scp", ...given)).toEqual(ok);
    const words = tools.called();
    expect(words).not.toContain("IdentitiesOnly=yes");
    expect(words.filter((word) => word.startsWith("IdentityFile="))).toEqual(keys.map((name) => reaching(name)[0]));
  });

  test("tries the user's keys that are there on a host without a named one", async () => {
    const own = ["id_rsa", "id_ed25519"].map((name) => join(scene.home, ".ssh", name));
    mkdirSync(join(scene.home, ".ssh"));
    for (const path of own) writeFileSync(path, "");
    const keysIn = async (...given: string[]) => {
      expect(await run("scp", ...given)).toEqual(ok);
      return tools.called().filter((word) => word.startsWith("IdentityFile="));
    };
    const users = own.map((path) => `IdentityFile=${path}`);
    expect(await keysIn("keyless:/there", "here")).toEqual(users);
    expect(await keysIn("box:one", "keyless:two")).toEqual([reaching("box")[0], ...users]);
    expect(await keysIn("box:/there", "here")).toEqual([reaching("box")[0]]);
    // ssh gives up its default keys once one is named.
    const folder = join(scene.store, "machines", "keyless");
    writeFileSync(join(folder, "id_ed25519"), "");
    expect(await keysIn("keyless:/there", "here")).toEqual([`IdentityFile=${join(folder, "id_ed25519")}`, ...users]);
  });

  const ours = (given: readonly string[]) =>
    given.some((word) => word.startsWith("default:"))
      ? ["IdentitiesOnly=yes", ...["box", "default"].map((name) => reaching(name)[0]!)]
      : reaching("box");

  test.each([
    ["lost:/there", 'Driver "acme" not found. Do you have the plugin binary accessible in your PATH?\n'],
    [
      "nope:/there",
      expect.stringMatching(/^Error loading host: Error loading host: Docker machine "nope" does not exist/),
    ],
  ])("of %s is refused before anything is called", async (from, stderr) => {
    expect(await run("scp", from, "here")).toEqual({ code: 1, stdout: "", stderr });
    expect(tools.called()).toEqual([]);
  });
});

describe("mount", () => {
  test.each<[given: string[], called: string[]]>([
    [
      ["box:/srv", "here"],
      ["sshfs", "-F", "none", "ada@192.0.2.7:/srv", "here"],
    ],
    // Without a place of its own it is where it is there; without a machine it is the default one's.
    [["box:/srv"], ["sshfs", "-F", "none", "ada@192.0.2.7:/srv", "/srv"]],
    [["/srv"], ["sshfs", "-F", "none", "ada@192.0.2.7:/srv", "/srv"]],
    [
      ["/srv", "here"],
      ["sshfs", "-F", "none", "ada@192.0.2.7:/srv", "here"],
    ],
    [
      ["bob@box:/srv", "here"],
      ["sshfs", "-F", "none", "bob@192.0.2.7:/srv", "here"],
    ],
    [
      ["box:", "here"],
      ["sshfs", "-F", "none", "ada@192.0.2.7:", "here"],
    ],
    [
      ["-u", "box:/srv"],
      ["fusermount", "-u", "/srv"],
    ],
    [
      ["-u", "/srv"],
      ["fusermount", "-u", "/srv"],
    ],
    [
      ["box:/srv", "here", "--unmount"],
      ["fusermount", "-u", "here"],
    ],
    [
      ["-u", "bare:/srv"],
      ["fusermount", "-u", "/srv"],
    ],
  ])("%j", async (given, called) => {
    expect(await run("mount", ...given)).toEqual(ok);
    const words = tools.called();
    expect(bare(words)).toEqual(called);
    if (words[0] === "sshfs")
      expect(words).toEqual(expect.arrayContaining(reaching(given[0] === "/srv" ? "default" : "box")));
  });

  test("of a machine without a key is not limited to any", async () => {
    expect(await run("mount", "keyless:/srv", "here")).toEqual(ok);
    expect(tools.called().join(" ")).not.toContain("Identit");
  });

  const missing = (name: string) =>
    `Error loading host: Error loading host: Docker machine "${name}" does not exist. Use "docker-machine ls" to list machines. Use "docker-machine create" to add a new one.\n`;

  test.each<[given: string[], stderr: () => string]>([
    [["nope:/srv"], () => missing("nope")],
    [["-u", "nope:/srv"], () => missing("nope")],
    [["bob@carl@box:/srv"], () => missing("carl@box")],
    // Of a copy this name is this side; there is nothing to mount of it.
    [["localhost:/srv"], () => missing("localhost")],
    [
      [":/srv"],
      () =>
        `Error loading host: Error loading host: open ${scene.store}/machines/config.json: no such file or directory\n`,
    ],
    [["lost:/srv"], () => 'Driver "acme" not found. Do you have the plugin binary accessible in your PATH?\n'],
    [["-u", "lost:/srv"], () => 'Driver "acme" not found. Do you have the plugin binary accessible in your PATH?\n'],
  ])("%j is refused before anything is called", async (given, stderr) => {
    expect(await run("mount", ...given)).toEqual({ code: 1, stdout: "", stderr: stderr() });
    expect(tools.called()).toEqual([]);
  });

  test("needs sshfs here, and fusermount to end it", async () => {
    const path = { PATH: "" };
    const lack = (program: string, what: string) => ({
      ...{ code: 1, stdout: "" },
      stderr: `You must have a copy of the ${program} binary locally to use the ${what}\n`,
    });
    expect(await scene.run(["mount", "nope:/srv"], path)).toEqual(lack("sshfs", "mount feature"));
    expect(await scene.run(["mount", "-u", "nope:/srv"], path)).toEqual(lack("fusermount", "unmount option"));
  });
});
