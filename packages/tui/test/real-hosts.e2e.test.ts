import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import generic from "@machinist/driver-generic";
import { openMachinist } from "@machinist/fleet";
import { type LabHosts, startHosts, unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { hasTmux, program, Tmux } from "./tmux.ts";

const reason = unavailable() ?? (hasTmux ? undefined : "there is no tmux");

/** An image out of what the host has, with a shell in it, and a container that says how long it has been up. */
const talker = `set -e
mkdir -p /tmp/image/bin
for program in dash sleep hostname; do
  for file in $(readlink -f "$(command -v $program)") $(ldd "$(command -v $program)" | grep -o '/[^ ]*'); do cp -L --parents "$file" /tmp/image; done
  cp -L "$(command -v $program)" /tmp/image/bin
done
cp -L /tmp/image/bin/dash /tmp/image/bin/sh
tar -C /tmp/image -c . | docker import - tiny:latest > /dev/null
docker run -d --name talker --hostname inside tiny /bin/sh -c 'while :; do read up idle < /proc/uptime; echo "up $up"; sleep 0.2; done'`;

const fingerprintOf = (line: string): string => {
  const key = Buffer.from(line.split(" ")[1] ?? "", "base64");
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
};

describeUnless(reason, "three real hosts in a Swarm", () => {
  let lab: LabHosts;
  let folder = "";
  let terminal: Tmux;

  beforeAll(async () => {
    lab = await startHosts({ count: 3, image: "docker" });
    folder = mkdtempSync(join(tmpdir(), "machinist-dashboard-"));
    const env = { ...process.env, HOME: folder, DOCKER_CONFIG: join(folder, "docker") };
    const machinist = await openMachinist({ storagePath: join(folder, "store"), drivers: [generic], env });
    const machines = lab.hosts.map(({ address, hostKey, identity }, index) => ({
      name: index === 0 ? "manager-1" : `worker-${index}`,
      group: "m",
      driver: "generic",
      options: { "ip-address": address, "host-key": fingerprintOf(hostKey), "ssh-key": identity },
      engine: { hostname: false },
      swarm: { role: index === 0 ? ("manager" as const) : ("worker" as const) },
    }));
    const outcome = await machinist.up({ name: "real", machines, compose: [], stacks: [], contexts: false }).result;
    await machinist[Symbol.asyncDispose]();
    expect(outcome, JSON.stringify(outcome.failures)).toMatchObject({ ok: true });
    const { code, stderr } = await lab.hosts[0]!.exec("sh", "-c", talker);
    expect(code, stderr).toBe(0);
    terminal = new Tmux(140, 24, {
      MACHINE_STORAGE_PATH: join(folder, "store"),
      HOME: folder,
      PATH: process.env.PATH ?? "",
      LC_ALL: "C.UTF-8",
    });
    terminal.type(`"${process.execPath}" "${program}"\n`);
  });
  afterAll(async () => {
    terminal?.close();
    await lab?.dispose();
    if (folder !== "") rmSync(folder, { recursive: true, force: true });
  });

  const sees = (text: RegExp) => expect.poll(() => terminal.screen()).toMatch(text);
  const home = async () => {
    terminal.type(":machines\r");
    await sees(/all machines/);
  };

  test("are shown with their Docker, Swarm roles and containers", async () => {
    await sees(/manager-1 +running +\S+ +generic +\d+\.\d+\S* +manager\* +1\/1 .*\d+d/);
    await sees(/worker-1 +running +\S+ +generic +\d+\.\d+\S* +worker +0\/0 /);
    await sees(/worker-2 +running +\S+ +generic +\d+\.\d+\S* +worker +0\/0 /);
    console.info(terminal.screen());
  });

  test("their resources, engines, images, nodes and tasks are told", async () => {
    await home();
    terminal.type(":go manager-1\r");
    terminal.press("enter");
    await sees(/engine +created +none +docker\.engine/);
    await sees(/swarm +created +none +swarm\.member/);
    console.info(terminal.screen());
    terminal.press("3");
    await sees(/storage driver +overlay2/);
    await sees(/load +\d+\.\d+ [\s\S]*memory in use +\d+ %, .*\n +disk in use +\d+ %/);
    terminal.press("5");
    await sees(/tiny:latest/);
    terminal.press("7");
    await sees(/manager, leader +active +ready/);
    terminal.press("8");
    await sees(/The Swarm has no services/);
    terminal.press("2");
    await sees(/engine +ready/);
  });

  test("a worker's Swarm is asked of its manager", async () => {
    await home();
    terminal.type(":go worker-1\r");
    terminal.press("enter", "7");
    await sees(/manager, leader/);
  });

  test("a container is listed with what it uses, and its log followed", async () => {
    await home();
    terminal.type(":go manager-1\r");
    terminal.press("enter", "4");
    await sees(/talker +running +tiny +\d+\.\d% +\d+\S* KiB|talker +running +tiny +\d+\.\d% +\S+ MiB/);
    console.info(terminal.screen());
    terminal.press("l");
    await sees(/up \d+\.\d+\n/);
    const last = () => /up ([\d.]+)\s*$/.exec(terminal.screen().replace(/\n[^\n]*\n[^\n]*\n*$/, ""))?.[1];
    const before = last();
    await expect.poll(last).not.toBe(before);
    terminal.press("q");
  });

  test("a shell in the container and on the machine, and back", async () => {
    await home();
    terminal.type(":go manager-1\r");
    terminal.press("enter", "4");
    await sees(/talker +running/);
    terminal.press("s");
    await sees(/talker on manager-1 \(exit leaves\)\s+#/);
    terminal.type("hostname\r");
    await sees(/^inside$/m);
    terminal.type("exit\r");
    await sees(/4 containers/);
    terminal.press("1", "s");
    await sees(/manager-1 \(exit leaves\)[\s\S]*[#$]$/m);
    terminal.type("stty size; id -un\r");
    await sees(/24 140[\s\S]*root/);
    terminal.resize(120, 30);
    terminal.type("stty size\r");
    await sees(/30 120/);
    terminal.type("exit\r");
    await sees(/1 resources/);
    await expect.poll(() => terminal.screen().trimEnd().split("\n").length).toBe(30);
    terminal.resize(140, 24);
  });

  test("a container is stopped and started", async () => {
    await home();
    terminal.type(":go manager-1\r");
    terminal.press("enter", "4");
    await sees(/talker +running/);
    terminal.press("x");
    await sees(/Stop container talker on manager-1\?/);
    terminal.press("y");
    await sees(/talker +exited/);
    terminal.press("t");
    await sees(/talker +running/);
  });

  test("one that dies is told to be out of reach, while keys are answered", async () => {
    await home();
    await lab.hosts[2]!.kill();
    await expect
      .poll(
        () => {
          terminal.press("j", "k");
          return terminal.screen();
        },
        { interval: 300 },
      )
      .toMatch(/worker-2 +(unreachable|stopped)/);
    terminal.press("q");
    await expect.poll(() => terminal.ask("#{alternate_on}")).toBe("0");
  });
});
