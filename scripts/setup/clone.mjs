import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of this clone. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");

/** Ours to fill and to delete: tools, results, downloads. Ignored by git. */
export const workDir = join(root, ".work");

/** @type {{ packageManager: string, engines: { node: string } }} */
export const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** @param {string} sentence */
export const say = (sentence) => process.stdout.write(`${sentence}\n`);

export const isRoot = process.getuid?.() === 0;

/** Ends the script with a sentence instead of a stack trace. */
export class Refusal extends Error {}

/** What the system refused (a full disk, a file that may not be written) is no bug either. @param {unknown} thrown */
const isOfSystem = (thrown) => thrown instanceof Error && "syscall" in thrown && "code" in thrown;

/**
 * Run a script's main function; a {@link Refusal} and what the system refused are printed, anything else is a bug and shows
 * where it is.
 * @param {() => Promise<number>} main resolves to the exit code
 */
export async function script(main) {
  try {
    process.exitCode = await main();
  } catch (thrown) {
    if (!(thrown instanceof Refusal) && !isOfSystem(thrown)) throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    process.exitCode = 1;
  }
}
