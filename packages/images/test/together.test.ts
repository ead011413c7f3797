import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { qcow2, sha256 } from "./disk-files.ts";
import { FileServer } from "./server.ts";

type Esbuild = { build(options: object): Promise<unknown> };

const server = new FileServer();
const folder = mkdtempSync(join(tmpdir(), "machinist-images-"));
const script = join(folder, "fetch.mjs");
const disk = qcow2();

beforeAll(async () => {
  await server.listen();
  // The bundler comes with tsup.
  const fromTsup = createRequire(createRequire(import.meta.url).resolve("tsup"));
  await (fromTsup("esbuild") as Esbuild).build({
    entryPoints: [fileURLToPath(new URL("./children/fetch.ts", import.meta.url))],
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@machinist/source"],
    outfile: script,
    logLevel: "error",
  });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

test("of several processes that want an image at once, one fetches it", async () => {
  server.files.set("/one.img", { body: disk });
  const cache = join(folder, "cache-1");
  const argv = [script, cache, server.url("/one.img"), sha256(disk)];
  const ended = await Promise.all([1, 2, 3].map(() => promisify(execFile)(process.execPath, argv)));
  expect(new Set(ended.map(({ stdout }) => stdout)).size).toBe(1);
  expect(server.requests.filter((request) => request.startsWith("/one.img"))).toHaveLength(1);
  expect(readdirSync(cache).filter((name) => name.startsWith(".") || name.endsWith(".part"))).toEqual([]);
});

test("what a killed process has fetched is used by the next", async () => {
  server.files.set("/two.img", { body: disk, etag: '"1"', stopAfter: 250_000 });
  const cache = join(folder, "cache-2");
  const argv = [script, cache, server.url("/two.img"), sha256(disk)];
  const child = spawn(process.execPath, argv, { stdio: "ignore" });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  await expect.poll(() => sizeIn(cache), { message: "a part of the image is there" }).toBe(true);
  child.kill("SIGKILL");
  await exited;
  server.files.set("/two.img", { body: disk, etag: '"1"' });
  await promisify(execFile)(process.execPath, argv);
  expect(server.requests.at(-1)).toMatch(/^\/two\.img bytes=\d+-$/);
});

/** Whether a part of an image lies there. */
async function sizeIn(cache: string): Promise<boolean> {
  const { stdout } = await promisify(execFile)("find", [cache, "-name", "disk", "-size", "+200k"]).catch(() => ({
    stdout: "",
  }));
  return stdout !== "";
}
