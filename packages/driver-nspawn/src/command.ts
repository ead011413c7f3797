import { spawn } from "node:child_process";
import { MachinistError } from "@machinist/core";

export interface CommandOptions {
  readonly signal?: AbortSignal;
  /** Deadline in ms. Default 30 000. */
  readonly timeoutMs?: number;
  readonly cwd?: string;
  /** Called for each line of stderr as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Programs of the sbin folders are needed even where the caller's PATH leaves them out. */
export const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Run a program without a shell and tell how it ended. Throws only where it could not run, or was cut short. */
export function attempt(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [program = "", ...args] = argv;
  const timeout = options.timeoutMs ?? 30_000;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, PATH, LC_ALL: "C" },
      timeout,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      // A signal of its own: many commands at once would pile up listeners on the caller's.
      ...(options.signal === undefined ? {} : { signal: AbortSignal.any([options.signal]) }),
    });
    let stdout = "";
    let stderr = "";
    let partial = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      if (!options.onLine) return;
      const lines = (partial + text).split("\n");
      partial = lines.pop() ?? "";
      for (const line of lines) options.onLine(line);
    });
    child.on("error", (cause) => {
      if (cause.name === "AbortError") return reject(cause);
      reject(new MachinistError("nspawn.command", `${program} cannot be run: ${cause.message}`, { cause }));
    });
    child.on("close", (code, killedBy) => {
      if (code !== null) return resolve({ code, stdout, stderr });
      const why = child.killed ? `did not end within ${timeout / 1000} s` : `was ended by ${killedBy}`;
      reject(new MachinistError("nspawn.command", `${program} ${why}`, { retryable: true }));
    });
  });
}

/** Run a program that must succeed; what it wrote to stdout. Throws `nspawn.command` with its last words. */
export async function run(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await attempt(argv, options);
  if (code === 0) return stdout;
  throw new MachinistError("nspawn.command", `${argv.slice(0, 4).join(" ")} failed (${code}): ${lastLines(stderr, 1)}`);
}

/** The last lines that say anything, on one line. */
export const lastLines = (text: string, count: number): string =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .slice(-count)
    .join(" | ");
