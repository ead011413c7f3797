/** What stands on machinist proper. A file of its own in the bundle: what needs none of it starts without. */
export { copy } from "../backend/copy.ts";
export { create } from "../backend/create.ts";
export { driverFlags, driverFound } from "../backend/driver-flags.ts";
export { machineState, power, provision, regenerateCerts, remove } from "./operate.ts";
export { ssh, sshArguments } from "./ssh.ts";
export { upgrade } from "./upgrade.ts";
