import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openMachinist } from "@machinist/fleet";
import { type DigitalOceanLab, openDigitalOcean } from "@machinist/lab";
import { FastClock } from "@machinist/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Scene } from "./scene.ts";

const names = ["web-1", "web-2", "web-3", "web-4", "web-5"];

describe("five droplets", () => {
  let scene: Scene;
  let lab: DigitalOceanLab;
  let env: Record<string, string>;
  beforeAll(async () => {
    scene = new Scene();
    lab = await openDigitalOcean({ clock: new FastClock(100) });
    env = {
      DIGITALOCEAN_ACCESS_TOKEN: lab.token,
      DIGITALOCEAN_API_URL: lab.url,
      DIGITALOCEAN_ADDRESS_URL: lab.addressUrl,
    };
    await using machinist = await openMachinist({ storagePath: scene.store, env });
    const requests = names.map((name) => ({ name, driver: "digitalocean", engine: false as const }));
    expect((await machinist.create(requests).result).failures).toEqual([]);
  });
  afterAll(async () => {
    await lab?.close();
    await scene?.close();
  });

  test("are listed with one look at the provider, whatever their number", async () => {
    lab.calls.clear();
    const { stdout } = await scene.run(["ls", "--format", "{{.Name}} {{.State}}"], env);
    expect(stdout).toBe(names.map((name) => `${name} Running\n`).join(""));
    expect(lab.calls.get("droplets_list")).toBe(1);
    expect([...lab.calls.values()].reduce((sum, calls) => sum + calls, 0)).toBeLessThanOrEqual(2);
  });

  test("are reached with the key of their fleet, and the host key that was pinned", async () => {
    const bin = join(scene.home, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "ssh"), `#!/bin/sh\nprintf '%s\\n' "$@" > '${scene.home}/asked'\n`);
    chmodSync(join(bin, "ssh"), 0o755);
    const pinned = join(scene.store, "machines", "web-1", "known_hosts");
    writeFileSync(pinned, "");
    const said = await scene.run(["ssh", "web-1", "-L", "8080:localhost:80", "df -h"], { ...env, PATH: bin });
    expect(said).toMatchObject({ code: 0, stderr: "" });
    const asked = readFileSync(join(scene.home, "asked"), "utf8").trim().split("\n");
    const key = asked.find((word) => word.startsWith("IdentityFile="))!.slice("IdentityFile=".length);
    expect(key).toBe(join(scene.store, "fleets", "default", "id_ed25519"));
    expect(existsSync(key)).toBe(true);
    expect(asked).toContain(`UserKnownHostsFile=${pinned}`);
    expect(asked).toContain("StrictHostKeyChecking=yes");
    expect(asked.slice(-3)).toEqual(["-L", "8080:localhost:80", "df -h"]);
  });

  test("are copied to by rsync where deltas are asked for, and mounted by sshfs", async () => {
    const bin = join(scene.home, "tools");
    mkdirSync(bin);
    for (const name of ["ssh", "rsync", "sshfs"]) {
      writeFileSync(join(bin, name), `#!/bin/sh\nprintf '%s\\n' "$0" "$@" > '${scene.home}/asked'\n`);
      chmodSync(join(bin, name), 0o755);
    }
    writeFileSync(join(scene.store, "machines", "web-2", "known_hosts"), "");
    const asked = () => readFileSync(join(scene.home, "asked"), "utf8").trim().split("\n");
    const present = { ...env, PATH: bin };
    expect(await scene.run(["scp", "-r", "-d", "-q", "it's", "web-2:/srv"], present)).toMatchObject({
      code: 0,
      stderr: "",
    });
    const [program, partial, how, shell, ...rest] = asked();
    expect([program, partial, how]).toEqual([join(bin, "rsync"), "--partial", "-e"]);
    expect(shell).toMatch(/^ssh -F none -o BatchMode=yes .* -o StrictHostKeyChecking=yes /);
    expect(rest).toEqual(["-r", "-q", "it's", expect.stringMatching(/^root@[\d.]+:\/srv$/)]);
    expect(await scene.run(["mount", "web-2:/srv", "here"], present)).toMatchObject({ code: 0, stderr: "" });
    expect(asked()[0]).toBe(join(bin, "sshfs"));
    expect(asked().slice(-2)).toEqual([expect.stringMatching(/^root@[\d.]+:\/srv$/), "here"]);
    const none = { ...env, PATH: join(scene.home, "bin") };
    expect(await scene.run(["mount", "web-2:/srv", "here"], none)).toMatchObject({
      code: 1,
      stderr: "You must have a copy of the sshfs binary locally to use the mount feature\n",
    });
  });

  test("cannot be removed without the account's token, which is named, and can be once it is there", async () => {
    const { DIGITALOCEAN_ACCESS_TOKEN: token, ...without } = env;
    const said = await scene.run(["rm", "-y", "web-5"], without);
    expect(said).toMatchObject({ code: 1, stderr: expect.stringContaining("DIGITALOCEAN_ACCESS_TOKEN") });
    expect(lab.world.droplets.all()).toHaveLength(5);
    expect(await scene.run(["rm", "-y", "web-5"], { ...without, DIGITALOCEAN_ACCESS_TOKEN: token! })).toMatchObject({
      code: 0,
    });
    expect(lab.world.droplets.all()).toHaveLength(4);
  });
});
