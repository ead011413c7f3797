import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { describeUnless } from "../../../test/skipped.ts";
import { unavailable } from "./unavailable.ts";
import { World } from "./world.ts";

describeUnless(unavailable("qemu-io"), "a disk", () => {
  test("is made although a program of a run that was killed still holds its former draft", async () => {
    const world = new World();
    onTestFinished(() => world.dispose());
    const resources = await world.plan();
    const silent = { signal: AbortSignal.timeout(60_000), log: () => {}, step: () => {}, progress: () => {} };
    const create = (name: string, dependencies: object = {}) => {
      const resource = resources.find(({ kind }) => kind === name)!;
      const call = {
        id: resource.id,
        fleet: world.fleet.name,
        props: resource.props,
        owner: "mabc-disk-1",
        dependencies,
      };
      return world.driver.resourceTypes[name]!.create({ ...call, ...silent } as never);
    };
    const image = resources.find(({ kind }) => kind === "qemu.image")!;
    const seen = { [image.id]: await create("qemu.image") };
    const folder = join(world.folder, "machines", world.fleet.machine(), "qemu", "mabc-disk-1");
    mkdirSync(folder, { recursive: true });
    const draft = join(folder, "disk.qcow2.new");
    execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", draft, "2M"]);
    const holder = spawn("qemu-io", ["-f", "qcow2", draft], { stdio: ["pipe", "pipe", "inherit"] });
    onTestFinished(async () => {
      holder.stdin.end("quit\n");
      if (holder.exitCode === null) await once(holder, "exit");
    });
    // Its prompt comes when the file is open, and locked.
    await once(holder.stdout, "data");
    expect(await create("qemu.disk", seen)).toMatchObject({ path: join(folder, "disk.qcow2") });
  });
});
