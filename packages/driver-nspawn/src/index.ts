import type { DriverModule } from "@machinist/core";
import { createDriver } from "./driver.ts";
import { options } from "./options.ts";

export { type Surroundings, survey, validate } from "./check.ts";
export type { ImageProps, ImageState } from "./image.ts";
export type { MachineProps, MachineState } from "./machine.ts";
export type { NetworkProps, NetworkState } from "./network.ts";
export { bridgeName } from "./paths.ts";

const nspawn: DriverModule = {
  name: "nspawn",
  description: "Machine containers (systemd-nspawn) on this Linux computer: real hosts in seconds",
  options,
  create: createDriver,
};
export default nspawn;
