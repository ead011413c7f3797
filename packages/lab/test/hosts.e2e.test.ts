import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { type LabHosts, leftovers, startHosts, sweep, unavailable } from "../src/index.ts";
import { bundle } from "./child.ts";

const reason = unavailable();

describeUnless(reason, "three hosts", () => {
  let lab: LabHosts;
  beforeAll(async () => {
    // The image may have to be built first; that is not what is measured.
    await (await startHosts({ count: 1, image: "bare" })).dispose();
    const start = performance.now();
    lab = await startHosts({ count: 3, image: "bare" });
    console.log(`three bare hosts answer SSH after ${Math.round(performance.now() - start)} ms`);
  });
  afterAll(() => lab?.dispose());

  test("answer as themselves, with the host key made for each", async () => {
    const names = await Promise.all(lab.hosts.map((host) => host.exec("hostname")));
    expect(names.map(({ stdout }) => stdout.trim())).toEqual(lab.hosts.map(({ name }) => name));
    expect(new Set(lab.hosts.map(({ address }) => address)).size).toBe(3);
    expect(new Set(lab.hosts.map(({ hostKey }) => hostKey)).size).toBe(3);
    const ids = await Promise.all(lab.hosts.map((host) => host.exec("cat", "/etc/machine-id")));
    expect(new Set(ids.map(({ stdout }) => stdout)).size).toBe(3);
  });

  test("a program's code, both outputs and awkward arguments come through", async () => {
    const [host] = lab.hosts;
    const result = await host!.exec("sh", "-c", 'echo "$1"; echo "$2" >&2; exit 7', "x", "it's $HOME", "*;`id`");
    expect(result).toEqual({ code: 7, stdout: "it's $HOME\n", stderr: "*;`id`\n" });
  });

  test("an impostor's key is refused", async () => {
    const [one, two] = lab.hosts;
    const { execute } = await import("../src/execute.ts");
    const endpoint = { ...one!.endpoint, hostKeys: [two!.hostKey] };
    expect((await execute(endpoint, lab.identity, ["true"])).code).toBe(255);
  });

  test("reach each other and the world outside, and run no failed unit", async () => {
    const [one, two] = lab.hosts;
    const peer = await one!.exec("bash", "-c", `exec 3<>/dev/tcp/${two!.address}/22; head -c 4 <&3`);
    expect(peer.stdout).toBe("SSH-");
    expect((await one!.exec("apt-get", "update", "-qq")).code).toBe(0);
    expect((await one!.exec("systemctl", "--failed", "--quiet")).stdout).toBe("");
  });

  test("keep disk, address and host key when stopped, killed and started again", async () => {
    const host = lab.hosts[0]!;
    await host.exec("touch", "/root/kept");
    for (const end of ["stop", "kill"] as const) {
      await host[end]();
      expect((await host.exec("true")).code).toBe(255);
      await host.start();
      expect((await host.exec("ls", "/root")).stdout).toBe("kept\n");
    }
  });

  test("come back from a reboot of their own", async () => {
    const host = lab.hosts[1]!;
    await host.exec("touch", "/run/before");
    await host.exec("systemctl", "reboot");
    for (let attempts = 0; attempts < 100; attempts++)
      if ((await host.exec("test", "!", "-e", "/run/before")).code === 0) break;
    expect((await host.exec("hostname")).stdout).toBe(`${host.name}\n`);
    // It is still the same process from outside: stop finds it.
    await host.stop();
    expect((await leftovers(lab.prefix)).filter((line) => line.startsWith("process"))).toHaveLength(4);
    await host.start();
  });

  test("leave nothing behind", async () => {
    expect(await leftovers(lab.prefix)).not.toEqual([]);
    await lab.dispose();
    await lab.dispose();
    expect(await leftovers(lab.prefix)).toEqual([]);
  });
});

describeUnless(reason, "an interrupted run", () => {
  test.each(["SIGTERM", "SIGKILL"] as const)("ended by %s is cleared away by the next", async (signal) => {
    const { script, remove } = await bundle("start-and-wait");
    const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      const [said] = (await once(child.stdout, "data")) as [Buffer];
      const prefix = said.toString().trim();
      child.kill(signal);
      await once(child, "exit");
      const left = await leftovers(prefix);
      expect(left.some((line) => line.startsWith("process"))).toBe(signal === "SIGKILL");
      // Several test processes begin at once, and each clears up first.
      await Promise.all([sweep(), sweep(), sweep()]);
      expect(await leftovers(prefix)).toEqual([]);
    } finally {
      child.kill("SIGKILL");
      await remove();
    }
  });
});
