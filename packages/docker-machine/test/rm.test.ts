import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FileStore } from "@machinist/core";
import { openMachinist } from "@machinist/fleet";
import { openDigitalOcean } from "@machinist/lab";
import { FastClock } from "@machinist/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Scene } from "./scene.ts";

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

const folderOf = (name: string) => join(scene.store, "machines", name);

test("by force, a machine that another process works on is not taken from under it", async () => {
  expect((await scene.run(["create", "-d", "none", "--url", "tcp://127.0.0.1:2399", "box"])).code).toBe(0);
  const lock = await new FileStore(scene.store).lock("box");
  try {
    // It waits for the lock until then; a slow computer may be on its way there still, and ends the same.
    const stop = AbortSignal.timeout(1500);
    const said = await scene.run(["rm", "-f", "box"], {}, "", stop);
    expect(said).toMatchObject({ code: 0, stderr: expect.stringContaining(`Can't remove "box"`) });
    expect(said.stdout).not.toContain("Successfully removed");
    expect(existsSync(join(folderOf("box"), "record.json"))).toBe(true);
  } finally {
    await lock.release();
  }
  expect(await scene.run(["rm", "-f", "box"])).toMatchObject({ code: 0, stderr: "" });
  expect(existsSync(folderOf("box"))).toBe(false);
});

describe("at DigitalOcean's server", () => {
  test.each([["-y"], ["-f"]])("rm %s of a machine without its config.json still removes what was made", async (how) => {
    const clock = new FastClock(100);
    const lab = await openDigitalOcean({ clock });
    try {
      const env = {
        DIGITALOCEAN_ACCESS_TOKEN: lab.token,
        DIGITALOCEAN_API_URL: lab.url,
        DIGITALOCEAN_ADDRESS_URL: lab.addressUrl,
      };
      {
        await using machinist = await openMachinist({ storagePath: scene.store, env });
        const made = machinist.create([{ name: "web-1", driver: "digitalocean", engine: false }]);
        expect((await made.result).failures).toEqual([]);
      }
      rmSync(join(folderOf("web-1"), "config.json"));
      const said = await scene.run(["rm", how, "web-1"], env);
      expect(said).toMatchObject({ code: 0, stderr: "" });
      expect(said.stdout).toContain("Successfully removed web-1");
      await clock.sleep(10_000);
      expect(lab.inventory()).toEqual([]);
    } finally {
      await lab.close();
    }
  });
});
