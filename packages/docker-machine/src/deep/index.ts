/** What stands on machinist proper. A file of its own in the bundle: what needs none of it starts without. */
export { copy } from "./copy.ts";
export { create } from "./create.ts";
export { driverFlags, driverFound } from "./driver-flags.ts";
export { machineState, power, provision, regenerateCerts, remove } from "./operate.ts";
export { ssh, sshArguments } from "./ssh.ts";
export { upgrade } from "./upgrade.ts";
