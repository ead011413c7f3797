import { spawn } from "node:child_process";
import { Refusal, root, say } from "./clone.mjs";

/**
 * @typedef {object} ChildOptions
 * @property {string} [cwd] default: the root of the clone
 * @property {NodeJS.ProcessEnv} [env]
 * @property {number} [minutes] deadline, after which the program and its children are ended
 * @property {boolean} [quiet] keep the output, to be shown only on failure
 *
 * @typedef {{ code: number, output: string }} Ended
 */

/** There npm and pnpm are scripts of a shell, and there are no process groups. */
const onWindows = process.platform === "win32";

/**
 * Run a program without stdin, in a process group of its own, so that all of it ends when we do.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {ChildOptions} [options]
 * @returns {Promise<Ended>}
 */
export function run(file, args, { cwd = root, env = process.env, minutes = 60, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = quiet ? "pipe" : "inherit";
    const child = spawn(file, [...args], {
      ...{ cwd, env, detached: !onWindows, shell: onWindows },
      stdio: ["ignore", stdio, stdio],
    });
    let output = "";
    /** @type {NodeJS.Signals | undefined} */
    let interrupted;
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => (output += text));

    /** @param {NodeJS.Signals} signal */
    const signalGroup = (signal) => {
      try {
        if (onWindows) child.kill(signal);
        else if (child.pid !== undefined) process.kill(-child.pid, signal);
      } catch {
        // The group is gone already.
      }
    };
    const late = setTimeout(() => {
      say(`${file} ${args.join(" ")} was ended after ${minutes} minutes.`);
      signalGroup("SIGINT");
      setTimeout(() => signalGroup("SIGKILL"), 30_000).unref();
    }, minutes * 60_000);
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => {
      interrupted = signal;
      signalGroup(signal);
    };
    process.on("SIGINT", pass).on("SIGTERM", pass);

    const done = () => {
      clearTimeout(late);
      process.off("SIGINT", pass).off("SIGTERM", pass);
    };
    child.once("error", (error) => {
      done();
      reject(new Refusal(`Cannot run ${file}: ${error.message}`));
    });
    child.once("close", (code) => {
      done();
      if (interrupted !== undefined) reject(new Refusal(`Stopped by ${interrupted}.`));
      else resolve({ code: code ?? 1, output });
    });
  });
}

/**
 * Run a program whose output matters only when it fails; refuse to go on when it does.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {ChildOptions} [options]
 * @returns {Promise<string>} what it printed
 */
export async function must(file, args, options = {}) {
  const { code, output } = await run(file, args, { quiet: true, ...options });
  if (code !== 0) throw new Refusal(`${output.trimEnd()}\n${file} ${args.join(" ")} failed with exit code ${code}.`);
  return output;
}
