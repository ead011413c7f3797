import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DriverModule, Endpoint } from "@machinist/core";
import simulated from "@machinist/driver-simulated";
import { openMachinist } from "@machinist/fleet";
import { afterEach, beforeEach, expect, test } from "vitest";

let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "machinist-hostile-driver-"));
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

/** A driver whose machines are said to be reached in ways that would be more than an address in a file or a command. */
const hostile = (endpoint: Partial<Endpoint>, url?: string): DriverModule => ({
  ...simulated,
  create: (context) => ({
    ...simulated.create(context),
    endpoint: () => ({ host: "192.0.2.7", port: 22, user: "root", ...endpoint }),
    ...(url === undefined ? {} : { engineUrl: () => url }),
  }),
});

const evil = "192.0.2.7\n  ProxyCommand touch /tmp/owned";

test.each<[string, DriverModule]>([
  ["value.host", hostile({ host: evil })],
  ["value.user", hostile({ user: "-oProxyCommand=id" })],
  ["value.path", hostile({ keyPath: "/a\n  ProxyCommand id" })],
  ["value.engine-url", hostile({}, "tcp://x;touch /tmp/owned:2376")],
])("what no address is (%s) reaches no command and no file, and the machine can be removed", async (code, driver) => {
  await using machinist = await openMachinist({ storagePath: top, env: { HOME: top }, drivers: [driver] });
  const request = { name: "web", driver: "simulated", engine: false as const, options: { "boot-ms": 1 } };
  expect((await machinist.create([request]).result).failures).toEqual([]);
  const info = await machinist.info("web");
  expect(info.endpoint).toBeUndefined();
  expect(info.url).toBeUndefined();
  if (code === "value.engine-url")
    await expect(machinist.connection("web")).rejects.toMatchObject({ code: "machine.no-engine" });
  else await expect(machinist.host("web")).rejects.toMatchObject({ code });
  expect((await machinist.remove(["web"]).result).failures).toEqual([]);
});
