import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findPlugin } from "@machinist/driver-plugin";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fleetOf } from "./fleet.ts";
import { makeShelf, type Shelf } from "./shelf.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "machinist-bad-plugin-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What still runs and has this folder in its command line. */
const running = (of: string): string[] =>
  execFileSync("ps", ["-eo", "pid,args"], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes(of) && !line.includes("ps -eo"));

const sleeper = 'sleep 1000 & sleep 1000; echo "$0"';

describe("a plugin that", () => {
  test.each([
    ["says nothing", sleeper, "plugin.start"],
    ["says an address where nobody listens", `echo 127.0.0.1:1; ${sleeper}`, "rpc.dial"],
    ["says something else", `echo hello; ${sleeper}`, "plugin.start"],
    ["says an address elsewhere", `echo 192.0.2.7:22; ${sleeper}`, "plugin.start"],
    ["floods without a line's end", `tr '\\0' x < /dev/zero`, "plugin.start"],
    ["floods with lines", "yes hello", "plugin.start"],
    ["floods on stderr", `yes hello >&2`, "plugin.start"],
    ["ends at once", "exit 3", "plugin.start"],
    ["is ended by a signal", "kill -9 $$", "plugin.start"],
  ])("%s ends within seconds, told, with all that it started", async (_what, script, code) => {
    const path = join(folder, "docker-machine-driver-odd");
    await writeFile(path, `#!/bin/sh\n: ${folder}\n${script}\n`);
    await chmod(path, 0o755);
    const began = performance.now();
    const failure = await findPlugin(
      "odd",
      { PATH: `${folder}:${process.env.PATH}` },
      AbortSignal.timeout(60_000),
    ).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ name: "MachinistError", message: expect.any(String), hint: expect.any(String) });
    expect((failure as { readonly code: string }).code).toMatch(code === "rpc.dial" ? /^(rpc|plugin)\./ : code);
    // It has ten seconds to say where it listens.
    expect(performance.now() - began).toBeLessThan(20_000);
    await expect.poll(() => running(folder)).toEqual([]);
  });

  test("is built for another kind of processor is told as one that does not start", async () => {
    const path = join(folder, "docker-machine-driver-odd");
    // The head of an ELF file for a machine that nobody has.
    await writeFile(path, Buffer.from("7f454c4602010100000000000000000002009999010000000000000000000000", "hex"));
    await chmod(path, 0o755);
    const found = findPlugin("odd", { PATH: `${folder}:${process.env.PATH}` }, AbortSignal.timeout(60_000));
    await expect(found).rejects.toMatchObject({ code: "plugin.start", hint: expect.stringContaining(path) });
  });
});

describe("a plugin behind a script that does not give it its place", () => {
  let shelf: Shelf;
  beforeEach(async () => {
    shelf = await makeShelf("TypeScript");
    await writeFile(
      join(shelf.bin, "docker-machine-driver-shelf"),
      `#!/bin/sh\n${process.execPath} ${join(shelf.bin, "shelf.mjs")}\nexit $?\n`,
    );
  });
  afterEach(() => shelf.remove());

  test("works, and leaves nothing running", async () => {
    const fleet = await fleetOf(shelf);
    await fleet.settle({});
    expect(await fleet.status()).toBe("running");
    expect(running(shelf.bin)).toEqual([]);
  });

  test("is ended as a whole when it hangs and nobody wants it any more", async () => {
    const fleet = await fleetOf(shelf);
    const controller = new AbortController();
    const failure = fleet.settle({ manner: "hangs" }, controller.signal);
    await Promise.race([failure, expect.poll(() => shelf.machines()).toHaveLength(1)]);
    controller.abort();
    await expect(failure).rejects.toMatchObject({ code: "cancelled" });
    expect(running(shelf.bin)).toEqual([]);
  });
});
