import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimPorts, isFree, releasePorts } from "../src/ports.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "machinist-ports-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const signal = new AbortController().signal;
const claim = (name: string, count = 2) => {
  mkdirSync(join(folder, name), { recursive: true });
  return claimPorts(join(folder, "ports"), join(folder, name), count, signal);
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
  await releasePorts(join(folder, "ports"), first);
  expect(await claim("d")).toEqual(first);
});

test("a port that something else listens on is not chosen", async () => {
  const [wanted = 0] = await claim("a", 1);
  await releasePorts(join(folder, "ports"), [wanted]);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(wanted, "127.0.0.1", resolve));
  expect(await isFree(wanted)).toBe(false);
  expect(await claim("b", 1)).not.toEqual([wanted]);
  await new Promise((resolve) => server.close(resolve));
});
