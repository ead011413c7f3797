import { run } from "../setup/child.mjs";
import { Refusal, say } from "../setup/clone.mjs";

/** @typedef {import("../real/program.mjs").Program} Program */

/** What somebody types in the folder of a manifest, and what is answered. */
export class Terminal {
  /**
   * @param {Program} program
   * @param {string} own what makes names of this run its own on this computer; it is not shown
   */
  constructor(program, own) {
    this.program = program;
    this.own = own;
  }

  /** @param {string} text */
  #show(text) {
    if (text.trim() !== "") say(text.trimEnd().replaceAll(`${this.program.folder}/`, "").replaceAll(this.own, ""));
  }

  /** @param {string} words */
  note(words) {
    say(`\n# ${words}`);
  }

  /**
   * @param {string} line what follows `machinist`, in words without quotes
   * @param {{ readonly code?: number }} [expected] the exit code; default 0
   */
  async machinist(line, { code = 0 } = {}) {
    this.#show(`$ machinist ${line}`);
    const { code: ended, stdout, stderr } = await this.program.run(...line.split(" "));
    for (const text of [stdout, stderr]) this.#show(text);
    if (code !== 0) say(`[exit code ${ended}]`);
    if (ended !== code) throw new Refusal(`It ended with ${ended} instead of ${code}.`);
    return stdout;
  }

  /**
   * The same until it answers with these words: what Docker does by itself takes its time.
   * @param {string} line
   * @param {string} words
   */
  async untilSays(line, words) {
    const end = Date.now() + 90_000;
    for (;;) {
      const { stdout } = await this.program.run(...line.split(" "));
      if (stdout.includes(words) || Date.now() > end) break;
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
    const said = await this.machinist(line);
    if (!said.includes(words)) throw new Refusal(`It does not say ${JSON.stringify(words)}.`);
  }

  /** @param {string} line a shell's, in the folder of the manifest */
  async sh(line) {
    this.#show(`$ ${line}`);
    const { code, output } = await run("sh", ["-c", line], { cwd: this.program.folder, quiet: true, minutes: 1 });
    this.#show(output);
    if (code !== 0) throw new Refusal(`It ended with ${code}.`);
  }
}
