import { join } from "node:path";
import virtualbox from "@machinist/driver-virtualbox";
import { openMachinist } from "@machinist/fleet";
import { imageCache, openVirtualBox, virtualBoxUnavailable } from "@machinist/lab";
import { expect, test } from "vitest";
import { describeUnless } from "../skipped.ts";
import { patiently } from "./patient-run.ts";

const reason = virtualBoxUnavailable();

/** Debian with Docker, built once for this computer; installing Docker is what other tests are about. */
const image = { image: "debian:trixie", "image-package": ["docker.io", "docker-cli"] };

describeUnless(reason, "a whole machine", () => {
  test("is created, answers `docker info` over TLS, hears the power button, is removed, and leaves nothing", async () => {
    const lab = await openVirtualBox();
    const storagePath = join(lab.folder, "store");
    // The image and its base disk stay in lab's cache.
    const cached = {
      ...virtualbox,
      create: (context: Parameters<typeof virtualbox.create>[0]) =>
        virtualbox.create({ ...context, cacheDir: imageCache() }),
    };
    const machinist = await openMachinist({ storagePath, drivers: [cached], env: { ...process.env, ...lab.env } });
    try {
      const options = { ...image, memory: 1024, "cpu-count": 2 };
      const created = await patiently(() => machinist.create([{ name: "box", driver: "virtualbox", options }]));
      expect(created.failures).toEqual([]);
      const { url, endpoint } = await machinist.info("box");
      expect(endpoint).toMatchObject({ host: "127.0.0.1", user: "debian" });
      expect(url).toBe(`tcp://127.0.0.1:${endpoint?.forwards?.["2376"]}`);
      const docker = await machinist.engine("box");
      const info = await docker.request<{ Name: string; OperatingSystem: string }>("GET", "/info");
      expect(info).toMatchObject({ Name: "box", OperatingSystem: expect.stringContaining("Debian") });
      docker.close();

      expect((await machinist.power("stop", ["box"]).result).failures).toEqual([]);
      const uuid = /\{(.*)\}/.exec((await lab.manage("list", "vms")).stdout)?.[1] ?? "";
      expect((await lab.manage("showvminfo", uuid, "--machinereadable")).stdout).toContain('VMState="poweroff"');
      // A second boot, emulated, costs as much as the first: in the long run. The contract starts machines again.
      if (process.env.MACHINIST_LONG) {
        await machinist.power("start", ["box"]).result;
        expect(await machinist.status("box")).toBe("running");
      }

      expect((await machinist.remove(["box"]).result).failures).toEqual([]);
      for (const what of ["vms", "hdds", "dvds"]) expect((await lab.manage("list", what)).stdout.trim(), what).toBe("");
    } finally {
      await machinist[Symbol.asyncDispose]();
      await lab.dispose();
    }
  }, 1_800_000);
});
