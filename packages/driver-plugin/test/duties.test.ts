import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Data } from "@machinist/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { testUnless } from "../../../test/skipped.ts";
import { fleetOf, type TestFleet } from "./fleet.ts";
import { languages, makeShelf, type Shelf } from "./shelf.ts";

const signal = new AbortController().signal;

/** What docker-machine does for its drivers before it calls them, and believes of them afterwards. */
describe.each(languages)("a plugin written in $name", ({ language, missing }) => {
  if (missing !== undefined) return testUnless(missing, "finds all that the same in TypeScript does", () => {});
  let shelf: Shelf;
  let fleet: TestFleet;
  beforeEach(async () => {
    shelf = await makeShelf(language);
    fleet = await fleetOf(shelf);
  });
  afterEach(() => shelf.remove());

  const config = async (): Promise<Data> => JSON.parse(String((await fleet.states())["m/machine"]!.config)) as Data;

  test("finds the store as docker-machine lays it out: its key and its images have their folders", async () => {
    await fleet.driver.check!(fleet.machine, fleet.options({}), signal);
    await fleet.settle({});
    const folder = join(shelf.storeDir, "machines", "m");
    expect(await config()).toMatchObject({
      ...{ MachineName: "m", StorePath: shelf.storeDir, SSHKeyPath: join(folder, "id_rsa") },
    });
    const endpoint = fleet.driver.endpoint!("m", await fleet.states());
    expect(endpoint).toMatchObject({ keyPath: join(folder, "id_rsa") });
    const publicKey = await readFile(join(folder, "id_rsa.pub"), "utf8");
    expect(publicKey).toMatch(/^ssh-rsa /);
    expect(await shelf.machines()).toEqual([expect.stringContaining(JSON.stringify(publicKey.trimEnd()).slice(1, -1))]);
    expect(await readFile(join(shelf.storeDir, "cache", "shelf.img"), "utf8")).toBe("an image");
    for (const made of [folder, join(shelf.storeDir, "cache"), join(shelf.storeDir, "certs")])
      expect((await stat(made)).mode & 0o777).toBe(0o700);
  });

  test("that is only checked leaves no machine in the store", async () => {
    await fleet.driver.check!({ ...fleet.machine, name: "other" }, fleet.options({}), signal);
    await expect(stat(join(shelf.storeDir, "machines", "other"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("makes its key again where it was killed in the middle of that", async () => {
    await writeFile(join(shelf.storeDir, "machines", "m", "id_rsa"), "");
    await fleet.settle({});
    expect(await readFile(join(shelf.storeDir, "machines", "m", "id_rsa"), "utf8")).not.toBe("");
  });

  test.each([["tells of none"], ["tells that it is gone"], ["lingers"], ["clears its folder"]])(
    "whose machine was removed is believed, also where it %s afterwards",
    async (manner) => {
      await fleet.settle({ manner });
      await fleet.removeAll();
      expect(await shelf.machines()).toEqual([]);
      expect(await fleet.states()).toEqual({});
      expect(fleet.warnings()).toEqual(manner === "lingers" ? [expect.stringContaining("still says")] : []);
    },
  );

  test.each([["tells that it is gone"], ["lingers"]])(
    "whose removal succeeded right before a kill is not asked to remove it twice: it %s",
    async (manner) => {
      await fleet.settle({ manner });
      await fleet.killedAfterRemoval();
      await fleet.removeAll();
      expect(await fleet.states()).toEqual({});
    },
  );

  test("whose machine somebody removed at its provider, and that is refused all it asks there, can be removed", async () => {
    await fleet.settle({ manner: "tells that it is gone" });
    const [file] = await shelf.machines();
    await fleet.lose(file!.split(" ")[0]!);
    await fleet.removeAll();
    expect(await fleet.states()).toEqual({});
  });

  test("whose provider cannot be reached keeps its machine", async () => {
    await fleet.settle({ manner: "tells that it is gone" });
    const away = await fleetOf(shelf, { SHELF_DOWN: "1" });
    await expect(away.removeAll()).rejects.toMatchObject({ code: "plugin.refused" });
    expect(await shelf.machines()).toHaveLength(1);
    await fleet.removeAll();
    expect(await shelf.machines()).toEqual([]);
  });

  test("gets the flags of docker-machine's own, as they were given or by default", async () => {
    const path = join(shelf.storeDir, "values.json");
    const told = await fleetOf(shelf, { SHELF_VALUES: path });
    await told.driver.check!(told.machine, told.options({ labels: ["a,b", "c"] }), signal);
    const values = async () => JSON.parse(await readFile(path, "utf8")).Values as Data;
    const standard = await values();
    expect(standard).toMatchObject({
      ...{ driver: "shelf", labels: ["a,b", "c"], "shelf-ssh-password": "tcuser", "shelf-userdata": "" },
      ...{ swarm: false, "swarm-master": false, "swarm-host": "tcp://0.0.0.0:3376", "swarm-image": "swarm:latest" },
      ...{ "swarm-strategy": "spread", "swarm-discovery": "", "swarm-addr": "", "swarm-experimental": false },
      ...{ "engine-install-url": "https://get.docker.com", "engine-storage-driver": "" },
    });
    // docker-machine leaves out those lists that nobody gave.
    for (const list of ["engine-opt", "engine-label", "engine-env", "tls-san", "swarm-opt"])
      expect(standard).not.toHaveProperty([list]);
    const hostOptions = {
      EngineOptions: { ArbitraryFlags: ["debug"], Labels: ["a=b,c"], InstallURL: "none", StorageDriver: "vfs" },
      SwarmOptions: { Agent: true, Master: true, Discovery: "token://x", Host: "tcp://0.0.0.0:1", Image: "i" },
      AuthOptions: { ServerCertSANs: ["one.test"] },
    };
    await told.driver.check!({ ...told.machine, hostOptions }, told.options({}), signal);
    expect(await values()).toMatchObject({
      ...{ "engine-opt": ["debug"], "engine-label": ["a=b,c"], "engine-install-url": "none" },
      ...{ "engine-storage-driver": "vfs", swarm: true, "swarm-master": true, "swarm-discovery": "token://x" },
      ...{ "swarm-host": "tcp://0.0.0.0:1", "swarm-image": "i", "tls-san": ["one.test"] },
    });
  });

  test("refuses its flags as such, before any check", async () => {
    const refused = fleet.driver.check!(fleet.machine, fleet.options({ size: 0 }), signal);
    await expect(refused).rejects.toMatchObject({ code: "plugin.options", message: "--shelf-size must be 1 or more" });
  });

  test("gets a default that looks like a secret, and a path that is called as one", async () => {
    await fleet.settle({ userdata: "/etc/first-boot" });
    expect(await config()).toMatchObject({ SSHPassword: "tcuser", Userdata: "/etc/first-boot" });
    const other = await fleetOf(shelf, { MACHINIST_SHELF_SSH_PASSWORD: "" });
    expect(await other.status()).toBe("running");
  });

  test("keeps no password that was given in the place of its default", async () => {
    const given = await fleetOf(shelf, { MACHINIST_SHELF_SSH_PASSWORD: "correct horse" });
    await given.settle({});
    expect(await given.everythingSaved()).not.toContain("correct horse");
    await expect(fleet.status()).rejects.toMatchObject({
      hint: expect.stringContaining("MACHINIST_SHELF_SSH_PASSWORD"),
    });
  });

  test("is asked with what it learned in a start", async () => {
    await fleet.settle({ manner: "moves" });
    await fleet.power("stop");
    await fleet.power("start");
    await fleet.settle({ manner: "moves" });
    expect(await config()).toMatchObject({ IPAddress: "127.0.0.2" });
    expect(fleet.driver.endpoint!("m", await fleet.states())).toMatchObject({ host: "127.0.0.2" });
  });

  test("is waited for where it only asks its provider, until the machine is as it was told to be", async () => {
    await fleet.settle({ manner: "takes its time" });
    expect((await fleet.states())["m/machine"]).toMatchObject({ doing: "running" });
    for (const [action, state] of [
      ["stop", "stopped"],
      ["start", "running"],
      ["restart", "running"],
      ["kill", "stopped"],
    ] as const) {
      await fleet.power(action);
      expect([action, await fleet.status()]).toEqual([action, state]);
    }
  });

  test("knows a machine of which docker-machine's own flags are told later than it was made", async () => {
    await fleet.settle({});
    const hostOptions = { SwarmOptions: { Agent: true } };
    expect(await fleet.settle({}, { ...fleet.machine, hostOptions })).toEqual(["m/machine none"]);
  });
});
