import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { hostProof } from "@machinist/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { bootScript } from "../src/boot-script.ts";
import { newBootSecret } from "../src/index.ts";

const noPython = spawnSync("python3", ["--version"]).status === 0 ? undefined : "there is no python3 here";
const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHEChV2KQkMvGCyqQFH1SZrV0m0MWeWmrXr0z0w5cSb";

/** The script as a host runs it, in a folder instead of the root; cloud-init's side is played here. */
describeUnless(noPython, "the guest's part", () => {
  let root: string;
  let secret: string;
  const at = (path: string) => join(root, path);
  const proof = () => readFile(at("var/lib/machinist/host-proof"), "utf8").catch(() => undefined);
  const put = (path: string, text: string | Buffer) => writeFile(at(path), text);
  const stages = (...done: string[]) =>
    put(
      "run/cloud-init/status.json",
      JSON.stringify({ v1: Object.fromEntries(done.map((name) => [name, { finished: 1.5 }])) }),
    );

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "machinist-guest-"));
    secret = newBootSecret();
    for (const folder of ["etc/ssh", "run/cloud-init", "var/log", "var/lib/cloud/instances/i/boothooks"])
      await mkdir(at(folder), { recursive: true });
  });
  afterEach(async () => {
    await stages("init", "modules-final"); // What still waits ends.
    await delay(200);
    // What has not ended yet may be writing.
    await rm(root, { recursive: true, force: true, maxRetries: 50, retryDelay: 200 });
  });

  const script = () => at("var/lib/cloud/instances/i/boothooks/proof");
  async function run(text = bootScript(secret)): Promise<void> {
    const here = text.replaceAll(/(?<=["'])\/(etc|run|var)\//g, `${root}/$1/`).replace('os.chdir("/")', "");
    await writeFile(script(), here, { mode: 0o700 });
    const child = spawn(script(), { stdio: "ignore" });
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0);
  }
  const until = (what: () => Promise<boolean>) => expect.poll(what).toBe(true);

  test("proves each of the host's keys, of whatever type", async () => {
    const keys = ["ecdsa-sha2-nistp256 AAAAE2Vj", key, "ssh-rsa AAAAB3Nz"];
    const names = ["ecdsa", "ed25519", "rsa"];
    for (const [index, name] of names.entries())
      await put(`etc/ssh/ssh_host_${name}_key.pub`, `${keys[index]} root@host\n`);
    await stages("init", "modules-final");
    await run();
    await until(async () => (await proof()) === keys.map((each) => `${hostProof(secret, each)}\n`).join(""));
  });

  test("waits for the keys, proves the one that stays, and leaves no trace of the secret in any shape", async () => {
    const kept = {
      "var/lib/cloud/instances/i/user-data.txt": secret,
      "run/cloud-init/instance-data-sensitive.json": Buffer.from(`a${secret}`).toString("base64"),
      "var/lib/cloud/instances/i/obj.pkl": Buffer.concat([
        Buffer.from([0, 255]),
        Buffer.from(secret),
        Buffer.from([255]),
      ]),
    };
    for (const [path, content] of Object.entries(kept)) await put(path, content);
    await put("etc/ssh/ssh_host_ed25519_key.pub", "ssh-ed25519 AAAAbaked root@image\n");
    await stages("init-local");
    await run();
    // One that has not come so far yet has proved nothing either; so it is below.
    await delay(200);
    expect(await proof()).toBeUndefined();
    await put("etc/ssh/ssh_host_ed25519_key.pub", "ssh-ed25519 AAAAfirst root@host\n");
    await stages("init");
    await until(async () => (await proof()) === `${hostProof(secret, "ssh-ed25519 AAAAfirst")}\n`);
    expect((await stat(at("var/lib/machinist/host-proof"))).mode & 0o777).toBe(0o644);
    // The user's own part makes another key, and cloud-init writes its files again.
    await put("etc/ssh/ssh_host_ed25519_key.pub", `${key} root@host\n`);
    for (const [path, content] of Object.entries(kept)) await put(path, content);
    await stages("init", "modules-final");
    await until(async () => (await proof()) === `${hostProof(secret, key)}\n`);
    for (const shape of [0, 1, 2].map((offset) =>
      Buffer.from("x".repeat(offset) + secret)
        .toString("base64")
        .slice(4, 80),
    ))
      await until(async () => spawnSync("grep", ["-rlF", shape, root]).status === 1);
    await until(async () => spawnSync("grep", ["-rlF", secret, root]).status === 1);
    for (const [path, content] of Object.entries(kept)) expect((await readFile(at(path))).length).toBe(content.length);
    expect((await readFile(at("var/lib/cloud/instances/i/obj.pkl"))).subarray(0, 3)).toEqual(Buffer.from([0, 255, 48]));
    const once = await readFile(script(), "utf8");
    // At the next boot it finds that it has nothing to do.
    await put("etc/ssh/ssh_host_ed25519_key.pub", "ssh-ed25519 AAAAlater root@host\n");
    await run(once);
    await delay(300);
    expect(await proof()).toBe(`${hostProof(secret, key)}\n`);
  });

  test("another host's proof, from an image made of it, is gone before anyone can read it", async () => {
    await mkdir(at("var/lib/machinist"));
    await put("var/lib/machinist/host-proof", `${hostProof(newBootSecret(), key)}\n`);
    await put("etc/ssh/ssh_host_ed25519_key.pub", `${key} root@image\n`);
    await run();
    expect(existsSync(at("var/lib/machinist/host-proof"))).toBe(false);
  });

  test("its own proof stays where a provider hands out the secret at each boot", async () => {
    await mkdir(at("var/lib/machinist"));
    await put("var/lib/machinist/host-proof", `${hostProof(secret, key)}\n`);
    await put("etc/ssh/ssh_host_ed25519_key.pub", `${key} root@host\n`);
    await run();
    expect(await proof()).toBe(`${hostProof(secret, key)}\n`);
  });
});
