import { join } from "node:path";
import { run } from "../setup/child.mjs";
import { say } from "../setup/clone.mjs";
import { globalProgram, installedPackages } from "./install.mjs";

/**
 * @callback Typed
 * @param {string} program
 * @param {...string} args
 * @returns {Promise<number>} exit code, also shown where it is not 0
 */

/**
 * What somebody types who has just installed programs: each line and its answer are shown.
 * @param {string} prefix where they are
 * @param {string} home a folder with nothing of theirs in it
 * @param {() => void} goOn of {@link import("./temporary.mjs").inTemporaryFolder}
 * @returns {Typed}
 */
export function shellOf(prefix, home, goOn) {
  const env = { ...process.env, HOME: home, MACHINE_STORAGE_PATH: join(home, "store"), NO_COLOR: "1" };
  return async (program, ...args) => {
    goOn();
    say(`\n$ ${program} ${args.join(" ")}`);
    const { code } = await run(globalProgram(prefix, program), args, { env, cwd: home, minutes: 10 });
    if (code !== 0) say(`exit code ${code}`);
    return code;
  };
}

/** @param {string} prefix */
export function sayInstalled(prefix) {
  const all = installedPackages(prefix);
  const ours = all.filter((name) => name.startsWith("@machinist/")).map((name) => name.slice("@machinist/".length));
  say(`${all.length} packages, of them ours: ${ours.join(" ")}`);
}
