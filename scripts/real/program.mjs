import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Refusal } from "../setup/clone.mjs";
import { packedCommand, preparePacked } from "../setup/packed.mjs";

/**
 * @typedef {object} Ended
 * @property {number | null} code null: ended by a signal
 * @property {string} stdout
 * @property {string} stderr
 * @property {number} ms
 */

/** machinist, as it is published, on a store of its own. Needs `preparePacked`. */
export class Program {
  /**
   * @param {string} [folder] for the store and the files of one campaign; removed by `dispose`
   * @param {NodeJS.ProcessEnv} [more] variables beside this process's
   */
  constructor(folder = mkdtempSync(join(tmpdir(), `${folderStart}${process.pid}-`)), more = {}) {
    this.folder = folder;
    this.more = more;
    /** Where it is called; undefined: where this process is. */
    this.cwd = /** @type {string | undefined} */ (undefined);
    this.store = join(folder, "store");
  }

  /** @returns {NodeJS.ProcessEnv} */
  get env() {
    const { NODE_EXTRA_CA_CERTS: _slow, ...env } = process.env;
    return {
      ...env,
      ...this.more,
      MACHINE_STORAGE_PATH: this.store,
      DOCKER_CONFIG: join(this.folder, "docker"),
      NO_COLOR: "1",
    };
  }

  /**
   * Start a command; `ended` resolves when it is over.
   * @param {readonly string[]} args
   */
  start(...args) {
    const began = performance.now();
    const child = spawn(process.execPath, [packedCommand("machinist"), ...args], {
      env: this.env,
      ...(this.cwd === undefined ? {} : { cwd: this.cwd }),
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

  /** Remove the fleet of every manifest in the folder, then the folder; it stays when that fails. */
  async dispose() {
    const manifests = readdirSync(this.folder).filter((name) => name.startsWith("machines."));
    for (const name of existsSync(join(this.store, "fleets")) ? manifests : []) {
      const { code, stderr } = await this.run("down", "-f", join(this.folder, name), "--yes");
      if (code !== 0 && !stderr.includes("fleet.unknown"))
        throw new Refusal(`Not all could be removed, see ${this.folder}: ${stderr}`);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const folderStart = "machinist-real-";

/** Remove what runs that were killed have left. */
async function sweep() {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(folderStart))) {
    const owner = Number(name.slice(folderStart.length).split("-")[0]);
    if (Number.isInteger(owner) && !existsSync(`/proc/${owner}`)) await new Program(join(tmpdir(), name)).dispose();
  }
}

/**
 * Work with a program on a store of its own, and leave nothing, also when it fails or is interrupted.
 * @template T
 * @param {(program: Program) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withProgram(work) {
  await preparePacked();
  await sweep();
  const program = new Program();
  /** @param {NodeJS.Signals} signal */
  const stop = (signal) => {
    program.dispose().finally(() => process.exit(signal === "SIGINT" ? 130 : 143));
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    return await work(program);
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    await program.dispose();
  }
}
