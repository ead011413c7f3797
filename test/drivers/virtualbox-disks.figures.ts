import { join } from "node:path";
import { openVirtualBox, virtualBoxUnavailable } from "@machinist/lab";
import { haltingDisk } from "../../packages/driver-virtualbox/test/halting-disk.ts";
import { spread } from "../../scripts/bench/table.mjs";
import { figure } from "../repository/figure.ts";
import { testUnless } from "../skipped.ts";
import { tenDisks } from "./virtualbox-ten-disks.ts";

testUnless(virtualBoxUnavailable(), "ten disks of one base in VirtualBox", async () => {
  const lab = await openVirtualBox();
  try {
    const image = await haltingDisk(join(lab.folder, "halts.img"), 100);
    const times: number[] = [];
    // The best of three counts: about one call of VBoxManage in 200 waits 10 s for a wake-up that was lost between it and
    // VBoxSVC, even where it is the only one.
    for (let round = 0; round < 3; round++) times.push((await tenDisks(lab, image)).ms);
    const beside = `${spread(times, (ms) => (ms / 1000).toFixed(1))} s in three rounds`;
    figure({
      what: "ten disks of one base, VirtualBox",
      value: Math.min(...times) / 1000,
      limit: 3,
      unit: "s",
      beside,
    });
  } finally {
    await lab.dispose();
  }
});
