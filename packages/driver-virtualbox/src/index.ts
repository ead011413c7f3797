import type { DriverModule } from "@machinist/core";
import { createDriver } from "./driver.ts";
import { options } from "./options.ts";

export type { BaseProps, BaseState } from "./base.ts";
export type { DiskProps, DiskState } from "./disk.ts";
export type { HostNetworkProps, HostNetworkState } from "./host-network.ts";
export type { MachineState } from "./machine.ts";
export { uuidOf } from "./paths.ts";
export type { MachineProps } from "./settings.ts";

const virtualbox: DriverModule = {
  name: "virtualbox",
  description: "VirtualBox machines on this computer, as differences to one cached disk",
  options,
  create: createDriver,
};
export default virtualbox;
