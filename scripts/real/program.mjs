import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Refusal, root } from "../setup/clone.mjs";

/** The program as users start it, without the hop through this clone's bin folder. */
export const machinistFile = join(root, "packages/cli/bin/machinist.cjs");

/**
 * @typedef {object} Ended
 * @property {number | null} code null: ended by a signal
 * @property {string} stdout
 * @property {string} stderr
 * @property {number} ms
 */

/** machinist on a store of its own. */
export class Program {
  /** A folder for the store and the files of one campaign; removed by `dispose`. */
  folder = mkdtempSync(join(tmpdir(), "machinist-real-"));
  store = join(this.folder, "store");

  /** @returns {NodeJS.ProcessEnv} */
  get env() {
    const { NODE_EXTRA_CA_CERTS: _slow, ...env } = process.env;
    return { ...env, MACHINE_STORAGE_PATH: this.store, DOCKER_CONFIG: join(this.folder, "docker"), NO_COLOR: "1" };
  }

  /**
   * Start a command; `ended` resolves when it is over.
   * @param {readonly string[]} args
   */
  start(...args) {
    const began = performance.now();
    const child = spawn(process.execPath, [machinistFile, ...args], {
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (text) => (stdout += text));
    child.stderr.on("data", (text) => (stderr += text));
    /** @type {Promise<Ended>} */
    const ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => {
        const ms = performance.now() - began;
        const done = () => resolve({ code, stdout, stderr, ms });
        child.once("close", done);
        // A host that lives on may hold the pipe open.
        setTimeout(done, 500).unref();
      });
    });
    return { child, ended };
  }

  /** @param {readonly string[]} args */
  run(...args) {
    return this.start(...args).ended;
  }

  /**
   * Run a command that has to succeed.
   * @param {readonly string[]} args
   */
  async must(...args) {
    const ended = await this.run(...args);
    if (ended.code === 0) return ended;
    throw new Refusal(`machinist ${args.join(" ")} ended with ${ended.code}:\n${ended.stdout}${ended.stderr}`);
  }

  dispose() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
