import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hookEvents, type MachineSpec } from "@machinist/core";
import simulated from "@machinist/driver-simulated";
import { openMachinist } from "@machinist/fleet";
import { readManifest } from "@machinist/manifest";
import { expect, onTestFinished, test } from "vitest";
import { readText } from "./repository/packages.ts";

const page = readText("docs/hooks.md");

/** The files that the page shows under their names. */
const shown = () =>
  [...page.matchAll(/^`([\w.-]+)`:\n\n```\w+\n(.*?)^```$/gms)].map(([, name = "", text = ""]) => ({ name, text }));

test("the page's example does what the page says, with machines made of nothing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "machinist-hooks-page-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  expect(shown().map(({ name }) => name)).toEqual(["machines.yaml", "update-dns.sh", "may-i.sh", "tell.mjs"]);
  for (const { name, text } of shown()) {
    await writeFile(join(folder, name), text);
    if (name.endsWith(".sh")) await chmod(join(folder, name), 0o755);
  }
  const { spec } = await readManifest(["machines.yaml"], { env: {}, cwd: folder });
  const machines = spec.machines.map(
    (machine): MachineSpec => ({ ...machine, driver: "simulated", options: { "boot-ms": 10 }, engine: false }),
  );
  const machinist = await openMachinist({
    storagePath: join(folder, "store"),
    drivers: [simulated],
    env: { ...process.env, HOME: folder },
  });
  const read = async (name: string) => (await readFile(join(folder, name), "utf8")).trim().split("\n").sort();

  expect(await machinist.up({ ...spec, machines, contexts: false }).result).toMatchObject({ ok: true, failures: [] });
  expect(await read("dns.log")).toEqual(["web-1 is at an address to come", "web-2 is at an address to come"]);
  expect(await read("runs.log")).toEqual(["up of demo: finished"]);
  expect((await machinist.info("web-1")).leaseUntil).toBeGreaterThan(Date.now() + 7 * 3_600_000);

  await writeFile(join(folder, "do-not-remove"), "");
  const refused = await machinist.remove(["web-1"]).result;
  expect(refused.failures).toMatchObject([{ code: "hook.refused" }]);
  expect(await machinist.status("web-1")).toBe("running");

  await rm(join(folder, "do-not-remove"));
  expect((await machinist.down("demo").result).ok).toBe(true);
  expect(await read("dns.log")).toEqual(expect.arrayContaining(["forget web-1", "forget web-2"]));
  expect(existsSync(join(folder, "ssh", "demo"))).toBe(false);
});

test("the page names every event", () => {
  for (const event of hookEvents) {
    const [area, what] = event.split(".");
    expect(page.includes(`\`${event}\``) || page.includes(`\`.${what}\``), `${area}.${what}`).toBe(true);
  }
});
