import { MachinistError } from "@machinist/core";
import nspawn from "@machinist/driver-nspawn";

/** Build the bare image: `node build-image.mjs CACHE MIRROR`. Prints the state, or the error's code and message. */
const [cacheDir = "", mirror = ""] = process.argv.slice(2);
const driver = nspawn.create({ cacheDir, machineDir: (name) => `${cacheDir}/machines/${name}`, env: {} });
const call = {
  id: "@demo/image",
  fleet: "demo",
  props: { release: "trixie", image: "bare", mirror },
  owner: "demo-1",
  dependencies: {},
  signal: new AbortController().signal,
  log: () => {},
  step: () => {},
  progress: () => {},
};
try {
  console.log(JSON.stringify(await driver.resourceTypes["nspawn.image"]?.create(call)));
} catch (error) {
  if (!(error instanceof MachinistError)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
