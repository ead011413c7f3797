import { cpSync } from "node:fs";
import { join } from "node:path";
import { openMachinist } from "@machinist/fleet";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePorts, Scene } from "./scene.ts";

/** A machine whose Docker answers, the master of a classic Swarm that answers there too. */
let scene: Scene;
let address: string;
beforeAll(async () => {
  scene = new Scene();
  const [port] = (await freePorts(1)) as [number];
  address = `127.0.0.1:${port}`;
  const swarm = [
    "--swarm",
    "--swarm-master",
    "--swarm-discovery",
    "token://1",
    "--swarm-host",
    `tcp://0.0.0.0:${port}`,
  ];
  const made = await scene.run(["create", "-d", "none", "--url", `tcp://${address}`, ...swarm, "box"]);
  expect(made).toMatchObject({ code: 0, stderr: "" });
  await scene.prepare({ op: "docker-tls", machine: "box", listen: address, version: "26.1.5" });
});
afterAll(() => scene.close());
afterEach(() => {
  scene.platform = "linux";
});

const linesOf = async (words: readonly string[], env: Record<string, string> = {}) => {
  const said = await scene.run(["env", ...words], env);
  expect(said).toMatchObject({ code: 0, stderr: "" });
  return said.stdout.split("\n");
};

describe("the lines that tell how to take the variables over", () => {
  /** Each shell's own way to run a command and do what it prints. */
  const ways: Readonly<Record<string, readonly [comment: string, way: (command: string) => string]>> = {
    sh: ["#", (command) => `eval $(${command})`],
    fish: ["#", (command) => `eval (${command})`],
    powershell: ["#", (command) => `& ${command} | Invoke-Expression`],
    cmd: ["REM", (command) => `\t@FOR /f "tokens=*" %i IN ('${command}') DO @%i`],
    emacs: [";;", (command) => `(with-temp-buffer (shell-command "${command}" (current-buffer)) (eval-buffer))`],
    tcsh: [":", (command) => `eval \`${command}\``],
  };
  const calls = [["box"], ["--no-proxy", "box"], ["--swarm", "box"], ["--no-proxy", "--swarm", "box"], ["--unset"]];
  const rows = Object.keys(ways).flatMap((shell) => calls.map((call) => [shell, call] as const));

  test.each(rows)("of %s repeat the call with %j", async (shell, call) => {
    const words = [`--shell=${shell}`, ...call];
    const [comment, way] = ways[shell]!;
    expect((await linesOf(words)).slice(-3)).toEqual([
      `${comment} Run this command to configure your shell: `,
      `${comment} ${way(`docker-machine env ${words.join(" ")}`)}`,
      "",
    ]);
  });
});

describe("--no-proxy", () => {
  test.each<[env: Record<string, string>, line: string]>([
    [{}, 'export NO_PROXY="<IP>"'],
    [{ NO_PROXY: "" }, 'export NO_PROXY="<IP>"'],
    [{ NO_PROXY: "a.example" }, 'export NO_PROXY="a.example,<IP>"'],
    [{ no_proxy: "a.example" }, 'export no_proxy="a.example,<IP>"'],
    // The small one counts where both are set.
    [{ no_proxy: "a.example", NO_PROXY: "b.example" }, 'export no_proxy="a.example,<IP>"'],
    [{ no_proxy: "", NO_PROXY: "b.example" }, 'export NO_PROXY="b.example,<IP>"'],
    [{ NO_PROXY: "<IP>" }, 'export NO_PROXY="<IP>"'],
    [{ NO_PROXY: "a.example,<IP>" }, 'export NO_PROXY="a.example,<IP>"'],
    [{ NO_PROXY: "a.example, <IP> ,b.example" }, 'export NO_PROXY="a.example, <IP> ,b.example"'],
    // Another address that this one is the beginning of.
    [{ NO_PROXY: "<IP>0" }, 'export NO_PROXY="<IP>0,<IP>"'],
  ])("with %j sets %s", async (env, line) => {
    const here = (text: string) => text.replaceAll("<IP>", address);
    const given = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, here(value)]));
    expect((await linesOf(["--shell=sh", "--no-proxy", "box"], given))[4]).toBe(here(line));
  });

  test("leaves the variable as it is where the machine has no address of its own", async () => {
    const config = join(scene.store, "machines", "box", "config.json");
    const edit = (from: string, to: string) => scene.prepare({ op: "edit", path: config, from, to });
    await edit(`"IPAddress": "${address}"`, '"IPAddress": ""');
    const lines = await linesOf(["--shell=sh", "--no-proxy", "box"], { NO_PROXY: "a.example" });
    await edit('"IPAddress": ""', `"IPAddress": "${address}"`);
    expect(lines[4]).toBe('export NO_PROXY="a.example"');
  });
});

describe("on Windows", () => {
  test.each([
    ["powershell", '$Env:COMPOSE_CONVERT_WINDOWS_PATHS = "true"'],
    ["cmd", "SET COMPOSE_CONVERT_WINDOWS_PATHS=true"],
    ["bash", 'export COMPOSE_CONVERT_WINDOWS_PATHS="true"'],
    ["fish", 'set -gx COMPOSE_CONVERT_WINDOWS_PATHS "true";'],
    ["emacs", '(setenv "COMPOSE_CONVERT_WINDOWS_PATHS" "true")'],
    ["tcsh", 'setenv COMPOSE_CONVERT_WINDOWS_PATHS "true";'],
  ])("%s is told to have Compose translate paths, as docker-machine tells it", async (shell, line) => {
    scene.platform = "win32";
    const lines = await linesOf(["--shell", shell, "--no-proxy", "box"]);
    expect(lines[3]).toContain("DOCKER_MACHINE_NAME");
    expect(lines[4]).toBe(line);
    expect(lines[5]).toContain("NO_PROXY");
    expect((await linesOf(["--shell", shell, "-u"])).join("\n")).not.toContain("COMPOSE");
  });

  test("and nowhere else", async () => {
    for (const platform of ["linux", "darwin"] as const) {
      scene.platform = platform;
      expect((await linesOf(["--shell=sh", "box"])).join("\n")).not.toContain("COMPOSE");
    }
  });
});

describe("a store that was copied to another place", () => {
  test("has the certificates that env and config tell of in that place", async () => {
    const copy = join(scene.home, "copy");
    cpSync(scene.store, copy, { recursive: true });
    const folder = join(copy, "machines", "box");
    const { stdout } = await scene.run(["-s", copy, "env", "--shell=sh", "box"]);
    expect(stdout).toContain(`export DOCKER_CERT_PATH="${folder}"\n`);
    const config = await scene.run(["-s", copy, "config", "box"]);
    expect(config.stdout).toContain(`--tlscacert="${join(folder, "ca.pem")}"\n`);
  });

  test("has them in the folder that a machine of machinist's has since it was renamed", async () => {
    const made = await scene.run(["create", "-d", "none", "--url", `tcp://${address}`, "before"]);
    expect(made).toMatchObject({ code: 0, stderr: "" });
    {
      await using machinist = await openMachinist({ storagePath: scene.store, env: { HOME: scene.home } });
      expect((await machinist.rename("before", "after").result).ok).toBe(true);
    }
    const folder = join(scene.store, "machines", "after");
    const format = "{{with .HostOptions.AuthOptions}}{{.StorePath}} {{.ServerCertPath}} {{.ServerKeyPath}}{{end}}";
    const { stdout } = await scene.run(["inspect", "-f", format, "after"]);
    expect(stdout).toBe(`${folder} ${folder}/server.pem ${folder}/server-key.pem\n`);
  });

  test("has them in the machine's folder there also where that was renamed", async () => {
    const folder = join(scene.store, "machines", "crate");
    cpSync(join(scene.store, "machines", "box"), folder, { recursive: true });
    const lines = await linesOf(["--shell=sh", "crate"]);
    expect(lines.slice(2, 4)).toEqual([`export DOCKER_CERT_PATH="${folder}"`, 'export DOCKER_MACHINE_NAME="crate"']);
  });
});
