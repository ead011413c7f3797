import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { isRoot } from "../setup/clone.mjs";

/** Where end-to-end tests keep the images that they have built. */
const images = process.env.MACHINIST_LAB_CACHE ?? "/var/cache/machinist";

/**
 * Why no machine container can be made here at once, or undefined where it can.
 * @returns {string | undefined}
 */
export function whyNoMachine() {
  if (process.platform !== "linux" || !isRoot) return "machine containers need Linux and root";
  if (!existsSync("/usr/bin/systemd-nspawn")) return "systemd-nspawn is missing (Debian's systemd-container)";
  const folder = join(images, "nspawn/images");
  const built = existsSync(folder) ? readdirSync(folder) : [];
  if (!built.some((name) => name.includes("-bare-")))
    return `there is no bare image in ${folder}; tests on real hosts build it`;
  return undefined;
}

/**
 * A machine is made, listed and removed by the installed program, in a store that is removed with its folder. It does not
 * outlive a run that fails or is stopped.
 * @param {string} store
 * @param {(...args: string[]) => Promise<number>} machinist types a command and shows it
 * @param {(...args: string[]) => Promise<number>} machinistAtLast the same, also after Ctrl-C
 * @returns {Promise<number>} exit code
 */
export async function tryMachine(store, machinist, machinistAtLast) {
  mkdirSync(store, { recursive: true });
  symlinkSync(images, join(store, "cache"));
  const name = `try-${process.pid}`;
  let removed = 1;
  try {
    const made = await machinist("create", "--driver", "nspawn", "--no-engine", name);
    const listed = await machinist("ls");
    removed = await machinist("rm", "--yes", name);
    return made || listed || removed;
  } finally {
    if (removed !== 0) await machinistAtLast("rm", "--force", name);
  }
}
