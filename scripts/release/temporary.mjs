import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Refusal } from "../setup/clone.mjs";

/**
 * Something is done in a folder that is gone afterwards, however it ends: also by Ctrl-C, after which nothing new is begun.
 * @template T
 * @param {string} name
 * @param {(folder: string, goOn: () => void) => Promise<T>} use calls goOn before each step; it throws after Ctrl-C
 * @returns {Promise<T>}
 */
export async function inTemporaryFolder(name, use) {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  /** @type {NodeJS.Signals | undefined} */
  let signal;
  const stop = (/** @type {NodeJS.Signals} */ given) => {
    signal = given;
  };
  const goOn = () => {
    if (signal !== undefined) throw new Refusal(`Stopped by ${signal}.`);
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    return await use(folder, goOn);
  } catch (thrown) {
    goOn();
    if (/** @type {NodeJS.ErrnoException} */ (thrown).code === "ENOSPC")
      throw new Refusal(`The disk is full: ${folder} needs about 300 MB for a while.`);
    throw thrown;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}
