import { findPlugin } from "@machinist/driver-plugin";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { testUnless } from "../../../test/skipped.ts";
import { fleetOf, type TestFleet } from "./fleet.ts";
import { heapGrowth } from "./heap-growth.ts";
import { languages, makeShelf, type Shelf } from "./shelf.ts";

const signal = new AbortController().signal;

describe.each(languages)("written in $name", ({ language, missing }) => {
  if (missing !== undefined) return testUnless(missing, "does all that the same plugin in TypeScript does", () => {});
  let shelf: Shelf;
  let fleet: TestFleet;
  beforeEach(async () => {
    shelf = await makeShelf(language);
    fleet = await fleetOf(shelf);
  });
  afterEach(() => shelf.remove());

  describe("a plugin on PATH", () => {
    test("tells its flags: options, and secrets that are saved nowhere", async () => {
      const { options, credentials, name } = fleet.module;
      expect(name).toBe("shelf");
      expect(options.properties).toEqual({
        folder: { type: "string", description: "Where the machines are", "x-env": "SHELF_FOLDER" },
        manner: { type: "string", description: "How it behaves", default: "good" },
        size: { type: "integer", description: "How large", default: 1 },
        glossy: { type: "boolean", description: "Whether it shines", default: false },
        labels: {
          ...{ type: "array", items: { type: "string" }, description: "Words on it" },
          ...{ "x-flag": "labels", "x-whole": true },
        },
        host: { type: "string", description: "Whose SSH stands for the machine's", default: "127.0.0.1" },
        port: { type: "integer", description: "Its port", default: 2222 },
        user: { type: "string", description: "Who logs in", default: "shelf" },
        "key-path": { type: "string", description: "With which key" },
        userdata: { type: "string", description: "Path of a file for its first boot" },
      });
      expect(credentials).toEqual({
        token: { description: "Who may put machines there", env: "SHELF_TOKEN" },
        "ssh-password": { description: "The image's password", env: "MACHINIST_SHELF_SSH_PASSWORD" },
      });
    });

    test("that is not there is no error", async () => {
      expect(await findPlugin("nowhere", { PATH: shelf.bin }, signal)).toBeUndefined();
    });

    test.each([
      [{ SHELF_MUTE: "1" }, "plugin.start", /Docker Machine plugin binary|API version/],
      [{ SHELF_RUBBISH: "1" }, "plugin.start", /Welcome to the shelf/],
      [{ SHELF_VERSION: "3" }, "plugin.version", /version 3/],
    ])("that is broken (%j) is told", async (broken, code, words) => {
      const failure = findPlugin("shelf", { PATH: `${shelf.bin}:${process.env.PATH}`, ...broken }, signal);
      await expect(failure).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
    });
  });

  describe("a machine of a plugin", () => {
    test("is made, found, stopped, started and removed", async () => {
      await fleet.settle({});
      expect(await shelf.machines()).toHaveLength(1);
      expect(await fleet.status()).toBe("running");
      expect(fleet.driver.endpoint!("m", await fleet.states())).toMatchObject({
        host: "127.0.0.1",
        port: 2222,
        user: "shelf",
      });
      expect(await fleet.settle({})).toEqual(["m/machine none"]);
      await fleet.power("stop");
      expect(await fleet.status()).toBe("stopped");
      await fleet.power("start");
      expect(await fleet.status()).toBe("running");
      await fleet.removeAll();
      expect(await shelf.machines()).toEqual([]);
      expect(await fleet.begun()).toMatchObject({ config: "{}", removal: "done" });
    });

    test("keeps no secret: not in the record, not beside it", async () => {
      await fleet.settle({});
      expect(await fleet.everythingSaved()).not.toContain("sesame");
      expect(await fleet.everythingSaved()).toContain("${secret:token}");
      const without = await fleetOf(shelf, { SHELF_TOKEN: "" });
      await expect(without.status()).rejects.toMatchObject({
        code: "plugin.secret",
        hint: expect.stringContaining("SHELF_TOKEN"),
      });
    });

    test("is refused before anything is made, in the plugin's own words", async () => {
      const without = await fleetOf(shelf, { SHELF_TOKEN: "" });
      const refused = without.driver.check!(without.machine, without.options({}), signal);
      await expect(refused).rejects.toMatchObject({ code: "plugin.refused", message: "shelf needs --shelf-token" });
      expect(await shelf.machines()).toEqual([]);
    });

    test("that is gone is made again; one that cannot be told is an error", async () => {
      await fleet.settle({});
      const [file] = await shelf.machines();
      await fleet.lose(file!.split(" ")[0]!);
      expect(await fleet.settle({})).toEqual(["m/machine created"]);
      expect(await shelf.machines()).toHaveLength(1);
    });
  });

  describe("a plugin that breaks", () => {
    test("that dies before it has made anything: said with its words, and the next run makes it", async () => {
      await expect(fleet.settle({ manner: "dies early" })).rejects.toMatchObject({ code: "plugin.lost" });
      expect(await shelf.machines()).toEqual([]);
      await fleet.settle({});
      expect(await shelf.machines()).toHaveLength(1);
    });

    test("that dies in the middle of its work: what it had made is removed, and made again whole", async () => {
      await expect(fleet.settle({ manner: "dies late" })).rejects.toMatchObject({ code: "plugin.lost" });
      expect(await shelf.machines()).toHaveLength(1);
      await expect(fleet.settle({ manner: "dies late" })).rejects.toMatchObject({ code: "plugin.lost" });
      expect(await shelf.machines()).toHaveLength(1);
      await fleet.removeAll();
      expect(await shelf.machines()).toEqual([]);
    });

    test("a run that ends while it works leaves it to the next one", async () => {
      const controller = new AbortController();
      const making = fleet.settle({ manner: "hangs" }, controller.signal);
      await expect.poll(() => fleet.begun()).toMatchObject({ changed: true });
      controller.abort();
      await expect(making).rejects.toMatchObject({ code: "cancelled" });
      expect(await fleet.settle({})).not.toEqual(["m/machine none"]);
      expect(await shelf.machines()).toHaveLength(1);
    });

    test("what it made right before a run was cancelled is known to the next one", async () => {
      const controller = new AbortController();
      // As soon as it is there: what the plugin knows is asked every 50 ms, and was not since.
      const abortOnceMade = async (): Promise<void> =>
        (await shelf.machines()).length > 0 ? controller.abort() : abortOnceMade();
      fleet.onLine((line) => line.includes("Putting it there") && void abortOnceMade());
      await expect(fleet.settle({ manner: "hangs" }, controller.signal)).rejects.toMatchObject({ code: "cancelled" });
      const [id] = /m-\d+/.exec((await shelf.machines()).join()) ?? [];
      expect(await fleet.begun()).toMatchObject({ config: expect.stringContaining(`"Id":"${id}"`) });
      await fleet.settle({});
      expect(await shelf.machines()).toHaveLength(1);
    });

    test("that panics is told in one line", async () => {
      const failure = fleet.settle({ manner: "panics" });
      await expect(failure).rejects.toMatchObject({
        code: "plugin.refused",
        message: "Panic in the driver: nil pointer",
      });
    });

    test.each(["floods", "one endless line"])("that %s costs no memory, and does not hold us up", async (manner) => {
      expect(await heapGrowth(() => fleet.settle({ manner }))).toBeLessThan(60e6);
      expect(await fleet.status()).toBe("running");
    });

    test("that hangs is ended when we no longer want it", async () => {
      const controller = new AbortController();
      const failure = fleet.settle({ manner: "hangs" }, controller.signal);
      await Promise.race([failure, expect.poll(() => shelf.machines()).toHaveLength(1)]);
      controller.abort();
      await expect(failure).rejects.toMatchObject({ code: "cancelled" });
      expect(await fleet.processes()).toEqual([]);
    });
  });
});
