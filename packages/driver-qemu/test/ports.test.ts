import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimPorts, isFree, keepPorts, releasePorts } from "../src/ports.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "machinist-ports-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const registry = (here: string[] = []) => ({ ports: join(folder, "ports"), all: async () => here });
const signal = new AbortController().signal;
const claim = (name: string, count = 2) => {
  mkdirSync(join(folder, name), { recursive: true });
  return claimPorts(registry(), join(folder, name), count, signal);
};

test("machines that ask at once get different ports", async () => {
  const all = (await Promise.all(["a", "b", "c", "d", "e"].map((name) => claim(name)))).flat();
  expect(new Set(all).size).toBe(10);
});

test("a port belongs to a stopped machine too, and is free when its folder is gone or it is given back", async () => {
  const first = await claim("a");
  expect(await claim("b")).not.toEqual(first);
  rmSync(join(folder, "a"), { recursive: true });
  expect(await claim("c")).toEqual(first);
  await releasePorts(registry(), join(folder, "c"), first);
  expect(await claim("d")).toEqual(first);
});

test("a port stays with a folder that was moved, and is given back by it alone", async () => {
  const first = await claim("a");
  renameSync(join(folder, "a"), join(folder, "moved"));
  mkdirSync(join(folder, "elsewhere", "a"), { recursive: true });
  const here = registry([join(folder, "elsewhere", "a")]);
  mkdirSync(join(folder, "b"));
  expect(await claimPorts(here, join(folder, "b"), 2, signal)).not.toEqual(first);
  await keepPorts(here, join(folder, "elsewhere", "a"), first);
  expect(await claim("c")).not.toEqual(first);
  // A copy of it has no say.
  await releasePorts(registry(), join(folder, "copy", "a"), first);
  expect(await claim("d")).not.toEqual(first);
  await releasePorts(registry(), join(folder, "elsewhere", "a"), first);
  expect(await claim("e")).toEqual(first);
});

test("a port that something else listens on is not chosen", async () => {
  const [wanted = 0] = await claim("a", 1);
  await releasePorts(registry(), join(folder, "a"), [wanted]);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(wanted, "127.0.0.1", resolve));
  expect(await isFree(wanted)).toBe(false);
  expect(await claim("b", 1)).not.toEqual([wanted]);
  await new Promise((resolve) => server.close(resolve));
});
