import { type LabHost, type LabHosts, startHosts, unavailable } from "@machinist/lab";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeUnless } from "../skipped.ts";
import { expectFailure, expectNoInsides, Program } from "./program.ts";

const reason = unavailable();

const words = (host: LabHost, name: string) => {
  const address = ["--generic-ip-address", host.address, "--generic-ssh-key", host.identity];
  return ["create", "-d", "generic", ...address, "--generic-trust-on-first-use", name];
};

describeUnless(reason, "a real host", () => {
  const program = new Program();
  const labs: LabHosts[] = [];
  const sh = async (host: LabHost, script: string) => {
    const { code, stderr } = await host.exec("sh", "-c", script);
    expect(code, stderr).toBe(0);
  };
  afterAll(async () => {
    await Promise.all(labs.map((lab) => lab.dispose()));
    program.remove();
  });

  describe("without Docker", () => {
    let host: LabHost;
    beforeAll(async () => {
      const lab = await startHosts({ count: 1, image: "bare" });
      labs.push(lab);
      host = lab.hosts[0]!;
    });

    test("whose package mirror is down: what apt said is told, and the machine is kept for another try", async () => {
      await sh(
        host,
        "rm -rf /etc/apt/sources.list.d/* && echo deb http://127.0.0.1:9/debian trixie main > /etc/apt/sources.list",
      );
      const ended = await program.run(words(host, "mirrorless"));
      expectFailure(ended, {
        exit: 1,
        code: "provision.install",
        says: "mirrorless",
        hint: /machinist|mirror|sources/,
      });
      expect(ended.stderr).toContain("To resume:");
      expect((await program.must(["ls", "-t", "5"])).stdout).toMatch(/^mirrorless .*running.*incomplete/m);
      await program.must(["rm", "-y", "mirrorless"]);
      await sh(host, "test ! -e /etc/docker/server-key.pem");
    });
  });

  describe("with Docker", () => {
    let host: LabHost;
    beforeAll(async () => {
      const lab = await startHosts({ count: 1, image: "docker" });
      labs.push(lab);
      host = lab.hosts[0]!;
    });

    test("whose disk is full: told, with where to look; the same command finishes once there is room", async () => {
      await sh(
        host,
        "mkdir -p /etc/docker && mount -t tmpfs -o size=4k full /etc/docker && head -c 4096 /dev/zero > /etc/docker/fill",
      );
      const ended = await program.run(words(host, "full"));
      expectFailure(ended, { exit: 1, code: "provision.disk-full", says: "full", hint: "machinist ssh full df -h" });
      await sh(host, "umount /etc/docker");
      await program.must(words(host, "full"));
      expect((await program.must(["ls", "-t", "8"])).stdout).toMatch(/^full .*running .*v\d+\./m);
      await program.must(["rm", "-y", "full"]);
    });

    test("whose disk is full when a project is carried: told, nothing of before is lost, and up finishes once there is room", async () => {
      const { address, identity } = host;
      const options = `{ ip-address: ${address}, ssh-key: ${identity}, trust-on-first-use: true }`;
      const project = "compose: [{ name: shop, file: compose.yaml, on: all, wait: started }]\n";
      program.file(
        "machines.yaml",
        `driver: generic\ncontexts: false\noptions: ${options}\nmachines: { roomy: {} }\n${project}`,
      );
      program.file("compose.yaml", "services: { app: { image: box, scale: 0, volumes: [./data:/data] } }\n");
      program.file("data", "first");
      const up = () => program.run(["up", "--yes"]);
      const upWell = async () => {
        const { exit, stdout, stderr } = await up();
        expect(exit, stdout + stderr).toBe(0);
      };
      const carried = "/var/lib/machinist/compose/shop/project";
      await sh(host, "tar -C /etc -c hostname | docker import - box");
      await sh(host, "mkdir -p /var/lib/machinist && mount -t tmpfs -o size=1m small /var/lib/machinist");
      await upWell();
      program.file("data", "x".repeat(3 * 2 ** 20));
      expectFailure(await up(), { exit: 1, code: "ssh.upload", says: /Wrote only|No space left/, hint: "df -h" });
      await sh(host, `test "$(find ${carried} -type f | xargs cat | grep -c first)" = 1`);
      await sh(host, "mount -o remount,size=16m /var/lib/machinist");
      await upWell();
      await program.must(["down", "--yes"]);
      await sh(host, "umount /var/lib/machinist");
    });

    test("that loses its power while it is made: the same run goes on when it is back", async () => {
      const making = program.start(words(host, "dark"));
      const isMaking = () => /engine creating/.test(making.told.stdout) || making.child.exitCode !== null;
      await expect.poll(isMaking, { message: "create begins with Docker" }).toBe(true);
      await host.kill();
      await host.start();
      const ended = await making.ended;
      expect(ended).toMatchObject({ exit: 0, stderr: "" });
      expect((await program.must(["ls", "-t", "8"])).stdout).toMatch(/^dark .*running .*v\d+\./m);
    });

    test("that is off: told, what is known stays, and nothing is to be mended when it is on again", async () => {
      await host.kill();
      const before = program.saved();
      expectFailure(await program.run(words(host, "late")), { exit: 1, code: "generic.unreachable", hint: "is up" });
      expect((await program.must(["ls", "-t", "3"])).stdout).toMatch(/^dark .*stopped/m);
      const doctor = await program.run(["doctor"]);
      expect(doctor.stdout).toMatch(/! machine dark +stopped/);
      expectNoInsides(`${doctor.stdout}${doctor.stderr}`);
      await program.must(["rm", "-y", "late"]);
      expect(program.saved()).toEqual(before);
      await host.start();
      // SSH answers before Docker does: the host starts it by itself, a few seconds later.
      const listed = async () => (await program.must(["ls", "-t", "8"])).stdout;
      await expect.poll(listed, { interval: 500 }).toMatch(/^dark .*running .*v\d+\./m);
      await program.must(["rm", "-y", "dark"]);
    });
  });
});
