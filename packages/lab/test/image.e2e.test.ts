import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { local } from "../src/execute.ts";
import { unavailable } from "../src/index.ts";
import { bundle } from "./child.ts";

const reason = unavailable();

describeUnless(reason, "building an image", () => {
  let cache: string;
  let builder: Awaited<ReturnType<typeof bundle>>;
  const images = () => readdir(join(cache, "nspawn", "images")).catch(() => []);
  const build = (mirror: string) => spawn(process.execPath, [builder.script, cache, mirror], { stdio: "pipe" });
  /** Processes that have the cache in their command line: mmdebstrap, apt, dpkg. */
  const builders = async () =>
    (await local(["pgrep", "-f", cache])).stdout.split("\n").filter((pid) => pid !== "" && pid !== String(process.pid));

  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), "machinist-image-"));
    builder = await bundle("build-image");
  });
  afterEach(async () => {
    await builder.remove();
    await rm(cache, { recursive: true, force: true });
  });

  test("without a mirror that answers fails in its own words, and leaves nothing", async () => {
    const child = build("http://127.0.0.1:9/debian");
    let said = "";
    child.stdout.on("data", (data: Buffer) => {
      said += data.toString();
    });
    await new Promise((resolve) => child.once("close", resolve));
    expect(JSON.parse(said)).toMatchObject({
      code: "nspawn.image",
      message: expect.stringMatching(/could not be built: .*E: /),
    });
    expect(await images()).toEqual([]);
  });

  test("killed in the middle leaves no process and no image, and is begun again by the next", async () => {
    const child = build("");
    const exited = new Promise((resolve) => child.once("exit", resolve));
    await expect.poll(images).toContainEqual(expect.stringMatching(/\.building$/));
    // The tool that builds it, and what that runs by now.
    await expect.poll(async () => (await builders()).length).toBeGreaterThan(1);
    child.kill("SIGKILL");
    await exited;
    await expect.poll(builders).toEqual([]);
    expect((await images()).filter((name) => !name.startsWith("."))).toEqual([]);
    const again = build("http://127.0.0.1:9/debian");
    await new Promise((resolve) => again.once("exit", resolve));
    const twice = build("");
    await expect.poll(images).toContainEqual(expect.stringContaining(`.${twice.pid}.`));
    expect((await images()).filter((name) => name.endsWith(".building"))).toHaveLength(1);
    twice.kill("SIGKILL");
    await new Promise((resolve) => twice.once("exit", resolve));
    await expect.poll(builders).toEqual([]);
  });
});
