import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type LabHosts, startHosts, unavailable } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Program } from "../bad-input/program.ts";
import { describeUnless } from "../skipped.ts";

const reason = unavailable();
const count = 10;

/** What gitlab-runner calls, in its order; each call begins so. */
const quiet = "--bugsnag-api-token=no-report";

describeUnless(reason, "gitlab-runner's sequence", () => {
  let lab: LabHosts;
  const program = new Program(undefined, "docker-machine");
  beforeAll(async () => {
    lab = await startHosts({ count, image: "docker" });
  });
  afterAll(async () => {
    program.remove();
    await lab?.dispose();
  });

  const nameOf = (index: number) => `runner-${index + 1}`;
  const folderOf = (name: string) => join(program.store, "machines", name);
  const createOf = (index: number, ...more: readonly string[]) => {
    const { address, identity } = lab.hosts[index]!;
    const driver = ["--driver", "generic", "--generic-ip-address", address, "--generic-ssh-key", identity];
    return [quiet, "create", ...driver, ...more, nameOf(index)];
  };

  test("ten creates at once, two of them killed and asked for again, leave ten machines and one CA", async () => {
    const running = lab.hosts.map((_, index) => program.start(createOf(index)));
    const moments = [3, 7].map((index) => ({ index, ms: 300 + Math.round(Math.random() * 2200) }));
    await Promise.all(
      moments.map(async ({ index, ms }) => {
        await delay(ms);
        running[index]!.child.kill("SIGKILL");
      }),
    );
    const ended = await Promise.all(running.map(({ ended }) => ended));
    const killed = ended.flatMap(({ exit }, index) => (exit === null ? [index] : []));
    for (const [index, { exit, stderr }] of ended.entries())
      if (exit !== null) expect([nameOf(index), exit, stderr]).toEqual([nameOf(index), 0, ""]);
    const told = moments.map(({ index, ms }) => `${nameOf(index)} after ${ms} ms`).join(", ");
    console.log(`${count} creates at once, ${killed.length} killed and repeated: ${told}`);
    const again = await Promise.all(killed.map((index) => program.run(createOf(index))));
    // One that was killed when all was made, before it could say so, left a machine that is whole: the next test uses it.
    for (const [at, { exit, stderr }] of again.entries()) {
      const whole = `Docker machine "${nameOf(killed[at]!)}" already exists\n`;
      expect([exit, stderr]).toEqual(stderr === whole ? [1, whole] : [0, ""]);
    }

    const names = lab.hosts.map((_, index) => nameOf(index));
    expect(readdirSync(join(program.store, "machines")).sort()).toEqual([...names].sort());
    const ca = readFileSync(join(program.store, "certs", "ca.pem"), "utf8");
    for (const name of names) {
      expect(existsSync(join(folderOf(name), "config.json"))).toBe(true);
      expect(readFileSync(join(folderOf(name), "ca.pem"), "utf8")).toBe(ca);
    }
  });

  test("each can be connected to, and tells where its certificates are", async () => {
    await Promise.all(
      lab.hosts.map(async ({ address }, index) => {
        const name = nameOf(index);
        expect(await program.run([quiet, "config", name])).toMatchObject({ exit: 0, stderr: "" });
        expect((await program.run([quiet, "url", name])).stdout).toBe(`tcp://${address}:2376\n`);
        const format = "{{.HostOptions.AuthOptions.StorePath}}";
        const { stdout } = await program.run([quiet, "inspect", name, "-f", format]);
        expect(stdout.trim()).toBe(folderOf(name));
        expect(await program.run([quiet, "inspect", name])).toMatchObject({ exit: 0 });
      }),
    );
    const { stdout } = await program.run(["ls", "--format", "{{.Name}} {{.State}} {{.DockerVersion}}"]);
    expect(stdout.trim().split("\n")).toEqual(
      lab.hosts.map((_, index) => expect.stringMatching(`^${nameOf(index)} Running v[0-9.]+`)),
    );
  });

  test("ssh hands its words on, scp copies between machines", async () => {
    expect(await program.run(["ssh", nameOf(0), "echo", "$((1+1))"])).toMatchObject({ exit: 0, stdout: "2\n" });
    expect(await program.run(["ssh", nameOf(0), "exit 3"])).toMatchObject({ exit: 1, stderr: "exit status 3\n" });
    program.file("note", "hello\n");
    expect(await program.run(["scp", "note", `${nameOf(0)}:/tmp/note`])).toMatchObject({ exit: 0 });
    expect(await program.run(["scp", "-q", `${nameOf(0)}:/tmp/note`, `${nameOf(1)}:/tmp/note`])).toMatchObject({
      exit: 0,
    });
    expect(await program.run(["ssh", nameOf(1), "cat /tmp/note"])).toMatchObject({ stdout: "hello\n" });
  });

  test("restart starts the host's own system again, and waits until its Docker answers", async () => {
    const bootOf = async () => (await program.run(["ssh", nameOf(0), "cut -d ' ' -f 22 /proc/1/stat"])).stdout;
    const before = await bootOf();
    expect(await program.run(["restart", nameOf(0)])).toMatchObject({ exit: 0, stderr: "" });
    expect(await bootOf()).not.toBe(before);
    expect(await program.run([quiet, "config", nameOf(0)])).toMatchObject({ exit: 0, stderr: "" });
    const stopped = await program.run(["kill", nameOf(0)]);
    expect(stopped).toMatchObject({ exit: 1, stderr: "generic driver does not support kill\n" });
  });

  test("stop may fail, rm removes all, and rm -f of one that is gone ends well", async () => {
    await Promise.all(lab.hosts.map((_, index) => program.run([quiet, "stop", nameOf(index)])));
    const removed = await Promise.all(lab.hosts.map((_, index) => program.run([quiet, "rm", "-y", nameOf(index)])));
    for (const { exit, stderr } of removed) expect([exit, stderr]).toEqual([0, ""]);
    expect(await program.run([quiet, "rm", "-f", nameOf(0)])).toMatchObject({ exit: 0 });
    expect(readdirSync(join(program.store, "machines"))).toEqual([]);
  });

  test("classic Swarm's flags form a Swarm of Docker's own, whoever is made first", async () => {
    const swarm = ["--swarm", "--swarm-discovery", "token://1234"];
    const worker = await program.run(createOf(0, ...swarm));
    expect(worker).toMatchObject({ exit: 0, stderr: expect.stringContaining("Classic Swarm is no more") });
    const [late, master] = [createOf(2, ...swarm), createOf(1, ...swarm, "--swarm-master")];
    expect(await program.run(master)).toMatchObject({ exit: 0 });
    expect(await program.run(late)).toMatchObject({ exit: 0 });
    const { stdout } = await program.run(["ls", "--format", "{{.Name}} {{.Swarm}}"]);
    expect(stdout).toBe(`${nameOf(0)} ${nameOf(1)}\n${nameOf(1)} ${nameOf(1)} (master)\n${nameOf(2)} ${nameOf(1)}\n`);
    const nodes = await program.run(["ssh", nameOf(1), "docker node ls --format '{{.Hostname}} {{.ManagerStatus}}'"]);
    const members = nodes.stdout.split("\n").map((line) => line.trim());
    expect(members.filter((line) => line !== "").sort()).toEqual([nameOf(0), `${nameOf(1)} Leader`, nameOf(2)]);
    const env = await program.run(["env", "--swarm", "--shell", "sh", nameOf(1)]);
    expect(env.stdout).toContain(`DOCKER_HOST="tcp://${lab.hosts[1]!.address}:2376"`);
    // A create that did not come so far as to join is gone on with by `provision`.
    expect(await program.run(["ssh", nameOf(2), "docker swarm leave"])).toMatchObject({ exit: 0 });
    expect(await program.run(["provision", nameOf(2)])).toMatchObject({ exit: 0 });
    const joined = await program.run(["ssh", nameOf(2), "docker info --format '{{.Swarm.LocalNodeState}}'"]);
    expect(joined.stdout.trim()).toBe("active");
    expect(await program.run(["provision", nameOf(1)])).toMatchObject({ exit: 0, stderr: "" });

    const upgraded = await program.run(["upgrade", nameOf(2)]);
    expect(upgraded).toMatchObject({ exit: 0, stderr: "" });
    expect(upgraded.stdout).toContain("Upgrading docker...\nRestarting docker...\n");
    expect(await program.run(["rm", "-f", nameOf(0), nameOf(1), nameOf(2)])).toMatchObject({ exit: 0 });
  });
});
