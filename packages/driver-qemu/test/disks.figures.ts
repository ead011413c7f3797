import { join } from "node:path";
import { median, spread } from "../../../scripts/bench/table.mjs";
import { figure } from "../../../test/repository/figure.ts";
import { testUnless } from "../../../test/skipped.ts";
import { unavailable } from "./unavailable.ts";
import { qemuImg, World } from "./world.ts";

const count = 10;

testUnless(unavailable(), "ten disks of one base, beside ten of qemu-img's own", async () => {
  const world = new World();
  try {
    const plans = await Promise.all(
      Array.from({ length: count }, (_, index) => world.plan(index + 1, { image: world.image, "disk-size": 20480 })),
    );
    const unique = new Map(plans.flat().map((resource) => [resource.id, resource]));
    const disks = [...unique.values()].filter(({ kind }) => kind !== "qemu.machine");
    const images = disks.filter(({ kind }) => kind === "qemu.image");
    await world.fleet.settle(images);
    const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
    for (let run = 0; run < 5; run++) {
      const began = performance.now();
      await world.fleet.settle(disks);
      const between = performance.now();
      const paths = Array.from({ length: count }, (_, index) => join(world.folder, `plain-${run}-${index}.qcow2`));
      const plain = ["create", "-q", "-f", "qcow2", "-b", world.image, "-F", "raw"];
      await Promise.all(paths.map((path) => qemuImg(...plain, path, "20G")));
      times.ours.push(between - began);
      times.theirs.push(performance.now() - between);
      await world.fleet.settle(images);
    }
    const beside = `${spread(times.ours, (ms) => ms.toFixed(0))} ms; qemu-img alone ${median(times.theirs).toFixed(0)} ms`;
    figure({ what: "ten disks of one base, QEMU", value: median(times.ours) / 1000, limit: 3, unit: "s", beside });
    await world.fleet.settle([]);
  } finally {
    await world.dispose();
  }
});
