import { spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { imageCache, type LabHosts, startHosts, unavailable } from "@machinist/lab";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fileOfDebianPackage } from "../../scripts/setup/apt.mjs";
import { Program } from "../bad-input/program.ts";
import { describeUnless, testUnless } from "../skipped.ts";

/** What docker-machine's users do with a machine from its making to its end, on a host of theirs and on one that is made. */
describeUnless(unavailable(), "the flows of docker-machine's users", () => {
  let lab: LabHosts;
  const program = new Program(undefined, "docker-machine");
  const bin = join(program.folder, "bin");
  const ok = { exit: 0, stderr: "" };
  const run = (...words: string[]) => program.run(words);
  const printed = async (...words: string[]) => (await program.must(words)).stdout.trim();
  /** A command line in a shell of this computer, with docker-machine where it looks for programs. */
  const shell = async (name: string, line: string): Promise<string> => {
    const env = { PATH: `${bin}:${process.env.PATH}`, HOME: program.folder, MACHINE_STORAGE_PATH: program.store };
    const child = spawn(name, ["-c", line], { cwd: program.cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const told: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => void told.push(String(text)));
    await new Promise((resolve, reject) => child.once("close", resolve).once("error", reject));
    return told.join("");
  };
  const generic = () => {
    const { address, identity } = lab.hosts[0]!;
    return ["--driver", "generic", "--generic-ip-address", address, "--generic-ssh-key", identity];
  };
  const engine = [
    ...["--engine-label", "spam=eggs", "--engine-storage-driver", "overlay2", "--engine-opt", "log-driver=none"],
    ...["--engine-insecure-registry", "registry.example:5000", "--engine-env", "TEST=VALUE"],
    ...["--engine-registry-mirror", "https://mirror.example", "--tls-san", "box.example", "--tls-san", "10.42.42.42"],
  ];
  const swarm = [
    ...["--swarm", "--swarm-master", "--swarm-discovery", "token://1", "--swarm-strategy", "binpack"],
    ...["--swarm-opt", "heartbeat=5s"],
  ];

  beforeAll(async () => {
    mkdirSync(bin);
    symlinkSync(program.entry, join(bin, "docker-machine"));
    // The image of a machine that is made is the one of the host beside it: it is not built again.
    mkdirSync(join(program.folder, "cache"));
    symlinkSync(imageCache(), join(program.folder, "cache", "machinist"));
    const env = { XDG_CACHE_HOME: join(program.folder, "cache") };
    lab = await startHosts({ count: 1, image: "docker" });
    const made = await Promise.all([
      program.run(["create", ...generic(), ...engine, ...swarm, "box"]),
      program.run(["create", "-d", "nspawn", "--nspawn-image", "docker", "web"], { env }),
    ]);
    for (const { exit, stdout, stderr } of made) expect(exit, stdout + stderr).toBe(0);
    await program.must(["ssh", "box", "mkdir -p /root/box/bin"]);
    const busybox = await fileOfDebianPackage("busybox-static", "bin/busybox");
    expect(await run("scp", "-q", busybox, "box:/root/box/bin/busybox")).toMatchObject(ok);
    const image =
      "cd /root/box && chmod 755 bin/busybox && ln -s busybox bin/echo && tar -c . | docker import - busybox";
    await program.must(["ssh", "box", image]);
  });
  afterAll(async () => {
    await program.run(["rm", "-f", "web"]);
    program.remove();
    await lab?.dispose();
  });

  test("what was made is listed and told of, and is made once", async () => {
    const { address } = lab.hosts[0]!;
    expect(await printed("ls", "-q")).toBe("box\nweb");
    expect(await printed("ls", "-q", "--filter", "state=Running", "--filter", "driver=generic")).toBe("box");
    expect(await printed("url", "box")).toBe(`tcp://${address}:2376`);
    expect(await printed("ip", "box")).toBe(address);
    expect(await printed("status", "box")).toBe("Running");
    expect(await printed("version", "box")).toMatch(/^\d+\.\d+\.\d+/);
    expect(await run("create", ...generic(), "box")).toEqual({
      ...{ exit: 1, stdout: "", stderr: 'Docker machine "box" already exists\n' },
    });
    expect(await run("inspect", "unknown")).toMatchObject({
      ...{ exit: 1, stderr: expect.stringMatching(/^Docker machine "unknown" does not exist\./) },
    });
  });

  test("inspect shows what is kept, by a template too", async () => {
    expect(await printed("inspect", "-f", "{{.DriverName}}", "box")).toBe("generic");
    expect(await printed("inspect", "-f", "{{json .DriverName}}", "web")).toBe('"nspawn"');
    expect(await printed("inspect", "-f", "{{.Driver.SSHUser}}", "box")).toBe("root");
    const pretty = await printed("inspect", "-f", "{{prettyjson .Driver}}", "box");
    expect(pretty.split("\n").length).toBeGreaterThan(1);
    expect(JSON.parse(pretty)).toMatchObject({ MachineName: "box", IPAddress: lab.hosts[0]!.address });
    const { HostOptions } = JSON.parse(await printed("inspect", "box"));
    expect(HostOptions.SwarmOptions).toMatchObject({
      IsSwarm: true,
      Strategy: "binpack",
      ArbitraryFlags: ["heartbeat=5s"],
    });
    expect(HostOptions.AuthOptions.ServerCertSANs).toEqual(["box.example", "10.42.42.42"]);
  });

  test("config connects the docker of this computer, by which a container runs with the engine's options", async () => {
    const docker = (line: string) => shell("bash", `docker $(docker-machine config box) ${line}`);
    expect(await docker("run --name once busybox echo hello world")).toBe("hello world\n");
    expect(await docker("inspect -f '{{.HostConfig.LogConfig.Type}}' once")).toBe("none\n");
    const info = JSON.parse(await docker("info --format '{{json .}}'"));
    expect(info).toMatchObject({ Name: "box", Driver: "overlay2", LoggingDriver: "none" });
    expect(info.Labels).toEqual(expect.arrayContaining(["spam=eggs", "provider=generic"]));
    expect(info.RegistryConfig.IndexConfigs["registry.example:5000"]).toMatchObject({ Secure: false });
    expect(info.RegistryConfig.Mirrors).toEqual(["https://mirror.example/"]);
    const environment = await printed("ssh", "box", "tr '\\0' '\\n' < /proc/$(pidof dockerd)/environ");
    expect(environment.split("\n")).toContain("TEST=VALUE");
  });

  describe("env", () => {
    const variables = () => [
      `DOCKER_CERT_PATH=${join(program.store, "machines", "box")}`,
      `DOCKER_HOST=tcp://${lab.hosts[0]!.address}:2376`,
      "DOCKER_MACHINE_NAME=box",
      "DOCKER_TLS_VERIFY=1",
    ];
    for (const name of ["bash", "zsh", "dash", "ksh", "fish", "tcsh"]) {
      const isThere = process.env.PATH!.split(":").some((folder) => {
        try {
          return readdirSync(folder).includes(name);
        } catch {
          return false;
        }
      });
      testUnless(
        isThere ? undefined : `${name} is not installed`,
        `does in ${name} what its last line says`,
        async () => {
          // The command that the output ends with, for a person to type.
          const taught = async (...words: string[]) =>
            (await printed("env", "--shell", name, ...words))
              .split("\n")
              .at(-1)!
              .replace(/^[#:] /, "");
          const [set, unset] = [await taught("box"), await taught("-u")];
          expect(set).toContain(`docker-machine env --shell ${name} box`);
          const look = "env | grep '^DOCKER_' | sort";
          const seen = await shell(
            name,
            `${set}\n${look}\ndocker version --format '{{.Server.Os}}'\n${unset}\n${look}`,
          );
          expect(seen.split("\n")).toEqual([...variables(), "linux", ""]);
        },
      );
    }

    test("and its swarm's make the machine the active one", async () => {
      for (const flags of ["", "--swarm "]) {
        const line = `eval "$(docker-machine env --shell bash ${flags}box)" && docker-machine active && docker-machine ls -f '{{.Active}}' --filter name=box`;
        expect(await shell("bash", line)).toBe("box\n*\n");
      }
      const nodes = await shell("bash", 'eval "$(docker-machine env --swarm --shell bash box)"; docker node ls -q');
      expect(nodes).toMatch(/^\w{25}\n$/);
    });
  });

  test("ssh hands words and exit codes on, by the program or by its own", async () => {
    expect(await printed("ssh", "box", "--", "ls", "-lah", "/")).toMatch(/^total /);
    expect(await printed("ssh", "box", "-C", "echo", "foo")).toBe("foo");
    expect(await run("ssh", "box", "exit 3")).toEqual({ exit: 1, stdout: "", stderr: "exit status 3\n" });
    expect(await printed("ssh", "box", "sudo docker version --format '{{.Server.Os}}'")).toBe("linux");
    const native = (...words: string[]) => run("--native-ssh", "ssh", "box", ...words);
    expect(await native("df", "-h")).toMatchObject({ ...ok, stdout: expect.stringContaining("Mounted on") });
    expect(await native("echo", "foo")).toEqual({ ...ok, stdout: "foo\n" });
    expect(await native("exit 3")).toEqual({ exit: 1, stdout: "", stderr: "Process exited with status 3\n" });
  });

  test("scp copies to a machine, from one, and between two", async () => {
    const here = program.file("here.txt", "made here\n");
    expect(await run("scp", "-q", here, "box:/tmp/one.txt")).toEqual({ ...ok, stdout: "" });
    expect(await printed("ssh", "box", "cat /tmp/one.txt")).toBe("made here");
    await program.must(["ssh", "box", "mkdir /tmp/tree && echo made there > /tmp/tree/two.txt"]);
    expect(await run("scp", "-r", "-q", "box:/tmp/tree", ".")).toEqual({ ...ok, stdout: "" });
    expect(readFileSync(join(program.cwd, "tree", "two.txt"), "utf8")).toBe("made there\n");
    expect(await run("scp", "-q", "root@box:/tmp/tree/two.txt", "web:/tmp/three.txt")).toEqual({ ...ok, stdout: "" });
    expect(await printed("ssh", "web", "cat /tmp/three.txt")).toBe("made there");
    expect((await run("scp", "-q", "box:/tmp/nothing", ".")).exit).toBe(1);
  });

  test("regenerate-certs makes new ones with all names in them, and Docker answers to them", async () => {
    const authority = join(program.store, "certs", "ca.pem");
    const serverOf = async () => new X509Certificate(await printed("ssh", "box", "cat /etc/docker/server.pem"));
    const clientOf = () => readFileSync(join(program.store, "machines", "box", "cert.pem"), "utf8");
    const check = async (server: X509Certificate) => {
      for (const name of ["DNS:box.example", "DNS:localhost", "IP Address:10.42.42.42"])
        expect(server.subjectAltName?.split(", ")).toContain(name);
      expect(await printed("ssh", "box", "cat /etc/docker/ca.pem")).toBe(readFileSync(authority, "utf8").trim());
      expect(await shell("bash", "docker $(docker-machine config box) version -f '{{.Server.Os}}'")).toBe("linux\n");
    };
    const [before, client] = [await serverOf(), clientOf()];
    await check(before);
    expect(await run("regenerate-certs", "-f", "box")).toMatchObject(ok);
    const after = await serverOf();
    expect([after.serialNumber === before.serialNumber, clientOf() === client]).toEqual([false, true]);
    await check(after);
    expect(await run("regenerate-certs", "-f", "--client-certs", "box")).toMatchObject(ok);
    expect(clientOf()).not.toBe(client);
    await check(await serverOf());
    // The other machine of the store takes the new client, too.
    expect(await run("config", "web")).toMatchObject(ok);
  });

  test("a host of somebody's own is not switched by docker-machine", async () => {
    expect(await run("start", "box")).toMatchObject({ exit: 1, stderr: 'Machine "box" is already running.\n' });
    for (const action of ["stop", "kill"])
      expect(await run(action, "box")).toMatchObject({
        ...{ exit: 1, stderr: `generic driver does not support ${action}\n` },
      });
    expect(await printed("status", "box")).toBe("Running");
  });

  test("one that was made is stopped, upgraded all the same, killed and started again", async () => {
    const row = () => printed("ls", "--filter", "name=web", "--format", "{{.State}} {{.URL}}");
    expect(await run("stop", "web")).toMatchObject(ok);
    expect([await row(), await printed("status", "web")]).toEqual(["Stopped", "Stopped"]);
    for (const words of [["env"], ["config"], ["version"], ["ssh"]])
      expect(await run(...words, "web")).toMatchObject({ exit: 1, stderr: expect.stringMatching(/not running\n$/) });
    const upgraded = await run("upgrade", "web");
    expect(upgraded).toMatchObject(ok);
    expect(upgraded.stdout).toMatch(/^Starting machine so machine can be upgraded\.\.\.\nStarting "web"\.\.\.\n/);
    expect(upgraded.stdout).toContain('Machine "web" was started.\n');
    expect(await run("start", "web")).toMatchObject({ exit: 1, stderr: 'Machine "web" is already running.\n' });
    expect(await row()).toMatch(/^Running tcp:/);
    expect(await run("kill", "web")).toMatchObject({ ...ok, stdout: 'Killing "web"...\nMachine "web" was killed.\n' });
    expect(await row()).toBe("Stopped");
    expect(await run("restart", "web")).toMatchObject(ok);
    expect(await row()).toMatch(/^Running tcp:/);
    expect(await shell("bash", "docker $(docker-machine config web) version -f '{{.Server.Os}}'")).toBe("linux\n");
  });

  test("both are set up again at once, removed, and gone", async () => {
    expect(await run("provision", "box", "web")).toMatchObject(ok);
    expect(await run("rm", "-y", "box", "web")).toMatchObject(ok);
    expect(await printed("ls", "-q")).toBe("");
    expect(await run("status", "web")).toMatchObject({ exit: 1, stderr: expect.stringContaining("does not exist") });
    expect(readdirSync(join(program.store, "machines"))).toEqual([]);
  });
});
