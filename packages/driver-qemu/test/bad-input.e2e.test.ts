import { chmodSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import type { Data } from "@machinist/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { unavailable } from "./unavailable.ts";
import { qemuImg, World } from "./world.ts";

const reason = unavailable();

describeUnless(reason, "bad input", () => {
  let world: World;
  const files: { [name: string]: string } = {};
  beforeAll(async () => {
    world = new World();
    files.text = join(world.folder, "text");
    writeFileSync(files.text, "hello".padEnd(600));
    files.short = join(world.folder, "short.qcow2");
    await qemuImg("convert", "-f", "raw", "-O", "qcow2", world.image, files.short);
    truncateSync(files.short, statSync(files.short).size - 100_000);
    files.reading = join(world.folder, "reading.qcow2");
    const data = ["-o", `data_file=${files.text},data_file_raw=on`];
    await qemuImg("create", "-q", "-f", "qcow2", ...data, files.reading, "1M");
  });
  afterAll(() => world.dispose());

  const cases: [string, () => Data, string][] = [
    ["no such image", () => ({ image: "/nowhere.img" }), "images.missing"],
    ["a page in place of an image", () => ({ image: files.text! }), "images.format"],
    ["a disk that reads another file", () => ({ image: files.reading! }), "images.format"],
    ["a truncated image", () => ({ image: files.short! }), "images.truncated"],
    ["another file than the checksum's", () => ({ "image-checksum": `sha256:${"0".repeat(64)}` }), "images.checksum"],
    ["a checksum that is none", () => ({ "image-checksum": "abc" }), "images.checksum-form"],
    ["http", () => ({ image: "http://images.example.com/a.img" }), "images.insecure"],
    ["a release that is none", () => ({ image: "debian:potato" }), "images.source"],
    ["Debian packages for another processor", () => ({ image: "debian:trixie", arch: "arm64" }), "qemu.arch"],
    ["more memory than there is", () => ({ memory: 100_000_000 }), "qemu.memory"],
    ["port 0", () => ({ publish: ["0:80"] }), "qemu.port"],
    ["port 70000", () => ({ publish: ["8080:70000"] }), "qemu.port"],
    ["user-data that is not there", () => ({ "user-data": "/nowhere.yaml" }), "qemu.user-data"],
    [
      "an accelerator of another system",
      () => ({ accel: process.platform === "darwin" ? "kvm" : "hvf" }),
      "qemu.accel",
    ],
  ];
  test.each(cases)("%s is refused before anything is made", async (_name, options, code) => {
    await expect(world.check(options())).rejects.toMatchObject({ code, hint: expect.stringMatching(/\w/) });
    expect(await world.processes()).toEqual([]);
  });

  test("a port in use is refused before anything is made", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await expect(world.check({ publish: [`${port}:80`] })).rejects.toMatchObject({ code: "qemu.port-taken" });
    await new Promise((resolve) => server.close(resolve));
    await world.check({ publish: [`${port}:80`] });
  });

  test("a machine is not started on what came in the place of its image", async () => {
    await world.fleet.settle(await world.plan());
    await world.driver.power!.kill!(await world.machineCall());
    const call = await world.machineCall();
    const states = Object.values(await world.fleet.look());
    const { path } = states.find((state) => "digest" in state) as { path: string };
    const before = readFileSync(path);
    chmodSync(path, 0o600);
    writeFileSync(path, readFileSync(files.reading!));
    await expect(world.driver.power!.start!(call)).rejects.toMatchObject({ code: "images.format" });
    expect(await world.processes()).toEqual([]);
    writeFileSync(path, before);
    await world.driver.power!.start!(call);
    await world.fleet.settle([]);
  });

  test("an image larger than the disk is refused before a disk is made", async () => {
    const outcomes = await world.fleet.run(await world.plan(1, { "disk-size": 0 }));
    expect(outcomes.map(({ error }) => error?.code)).toContain("qemu.disk-size");
    await world.fleet.settle([]);
  });
});
