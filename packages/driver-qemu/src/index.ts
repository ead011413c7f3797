import type { DriverModule } from "@machinist/core";
import { createDriver } from "./driver.ts";
import { options } from "./options.ts";

export { judgeAccel, type Verdict } from "./accel.ts";
export type { DiskProps, DiskState } from "./disk.ts";
export type { ImageProps, ImageState } from "./image.ts";
export type { MachineProps, MachineState } from "./instance.ts";

const qemu: DriverModule = {
  name: "qemu",
  description: "QEMU virtual machines on this computer, with KVM or HVF where they work, else emulated",
  options,
  create: createDriver,
};
export default qemu;
