import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Data } from "@machinist/core";
import qemu from "@machinist/driver-qemu";
import { type Machinist, openMachinist } from "@machinist/fleet";
import { checkImage } from "@machinist/images";
import { imageCache } from "@machinist/lab";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../skipped.ts";
import { patiently } from "./patient-run.ts";

const source = { from: "debian:trixie", packages: ["docker.io", "docker-cli"] };
const images = join(imageCache(), "images");
const reason = await checkImage(source, images, AbortSignal.timeout(10_000)).then(
  () => missingProgram(),
  (error: Error) => error.message,
);

function missingProgram(): string | undefined {
  const folders = (process.env.PATH ?? "").split(":");
  const missing = ["qemu-system-x86_64", "qemu-img"].find((each) => !folders.some((at) => existsSync(join(at, each))));
  return missing === undefined ? undefined : `${missing} is not installed`;
}

/** An emulated machine takes about a minute to its SSH, on a busy computer more; the image is built first, once. */
const LONG = 30 * 60_000;

describeUnless(reason, "a virtual machine", () => {
  const store = mkdtempSync(join(tmpdir(), "machinist-qemu-store-"));
  const name = "virtual-1";
  let machinist: Machinist;
  const done = async (run: Parameters<typeof patiently>[0]) => {
    const { ok, failures } = await patiently(run);
    expect(failures).toEqual([]);
    expect(ok).toBe(true);
  };
  const processes = (): string[] =>
    readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(store));

  beforeAll(async () => {
    mkdirSync(join(store, "cache"), { recursive: true });
    mkdirSync(images, { recursive: true });
    // Images are kept from run to run; all else of this store goes with it.
    symlinkSync(images, join(store, "cache", "images"));
    machinist = await openMachinist({ storagePath: store, drivers: [qemu], env: { ...process.env, HOME: store } });
  });
  afterAll(async () => {
    await machinist?.[Symbol.asyncDispose]();
    for (const pid of processes()) process.kill(Number(pid), "SIGKILL");
    rmSync(store, { recursive: true, force: true });
  }, 60_000);

  const since = (begun: number): string => `${Math.round((performance.now() - begun) / 1000)} s`;

  test(
    "create ends in Docker over mutual TLS, power works, and after rm nothing is left",
    async () => {
      let begun = performance.now();
      const options = {
        image: source.from,
        "image-package": source.packages,
        ...{ memory: 1024, cpus: 2, "disk-size": 8192 },
      } satisfies Data;
      await done(() => machinist.create([{ name, driver: "qemu", options }]));
      const created = since(begun);
      const { url } = await machinist.connection(name);
      expect(url).toMatch(/^tcp:\/\/127\.0\.0\.1:2\d{4}$/);
      const info = await dockerInfo();
      expect(info.Name).toBe(name);
      expect(processes()).toHaveLength(1);

      const host = await machinist.host(name);
      const { stdout } = await host.run(["df", "--output=size", "-BM", "/"]);
      expect(Number(/^\s*(\d+)M$/m.exec(stdout)?.[1]), "the root has grown with its disk").toBeGreaterThan(7000);

      begun = performance.now();
      await done(() => machinist.power("stop", [name]));
      expect(await machinist.status(name)).toBe("stopped");
      expect(processes()).toEqual([]);
      const stopped = since(begun);

      // A second boot, emulated, costs as much as the first. That a machine is started again is shown by the driver's
      // contract, that Docker comes back with it on hosts that need no emulation, and here in the long run.
      begun = performance.now();
      if (process.env.MACHINIST_LONG) {
        await done(() => machinist.power("start", [name]));
        expect(await machinist.status(name)).toBe("running");
        expect((await machinist.connection(name)).url).toBe(url);
        await done(() => machinist.provision([name]));
        expect((await dockerInfo()).ID).toBe(info.ID);
      }
      const again = process.env.MACHINIST_LONG ? `, started again ${since(begun)}` : "";
      console.log(`created ${created}, stopped ${stopped}${again}`);

      await done(() => machinist.remove([name]));
      expect(processes()).toEqual([]);
      expect(await machinist.names()).toEqual([]);
      expect(readdirSync(join(store, "machines"))).toEqual([]);
      expect(readdirSync(join(store, "cache", "qemu", "ports")).filter((each) => /^\d/.test(each))).toEqual([]);
      const { orphans } = await machinist.orphans({ drivers: [{ driver: "qemu" }] });
      expect(orphans.filter(({ ours }) => ours)).toEqual([]);
    },
    LONG,
  );

  async function dockerInfo(): Promise<{ ID: string; Name: string }> {
    const engine = await machinist.engine(name);
    try {
      return await engine.request<{ ID: string; Name: string }>("GET", "/info");
    } finally {
      engine.close();
    }
  }
});

function commandOf(pid: string): string {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return command.includes("qemu-system-") ? command : "";
  } catch {
    return "";
  }
}
