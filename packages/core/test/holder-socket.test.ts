import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { removeSocket } from "../src/store/holder-socket.ts";

let top: string;
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), "machinist-socket-")));
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

test("packages behind links are still found where they are after a socket was removed", async () => {
  mkdirSync(join(top, "node_modules"));
  for (const name of ["one", "two"]) {
    mkdirSync(join(top, "packages", name), { recursive: true });
    writeFileSync(join(top, "packages", name, "index.js"), "");
    symlinkSync(join("..", "packages", name), join(top, "node_modules", name));
  }
  const { resolve } = createRequire(join(top, "program.js"));
  const placeOf = (name: string) => join(top, "packages", name, "index.js");
  expect(resolve("one")).toBe(placeOf("one"));
  const server = createServer();
  await new Promise<void>((listening) => server.listen(join(top, "a.sock"), listening));
  try {
    await removeSocket(top, "a.sock");
    expect(resolve("two")).toBe(placeOf("two"));
    await removeSocket(top, "a.sock");
  } finally {
    server.close();
  }
});
