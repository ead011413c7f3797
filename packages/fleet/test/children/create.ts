import simulated from "@machinist/driver-simulated";
import { openMachinist } from "@machinist/fleet";

/** Create a simulated machine and say how it went: `node create.mjs STORE NAME`. */
const [storagePath = "", name = ""] = process.argv.slice(2);
const machinist = await openMachinist({ storagePath, drivers: [simulated], env: { HOME: storagePath } });
const options = { "boot-ms": 1, network: true };
const { ok, failures } = await machinist.create([{ name, driver: "simulated", options, engine: false }]).result;
process.stdout.write(ok ? "ok" : JSON.stringify(failures));
await machinist[Symbol.asyncDispose]();
