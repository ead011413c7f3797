import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { MachinistError } from "@machinist/core";

/** Programs of the sbin folders are needed even where the caller's PATH leaves them out. */
const PATH = [...new Set([...(process.env.PATH ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"])].join(
  delimiter,
);

export interface CommandOptions {
  readonly signal: AbortSignal;
  /** Deadline in ms. */
  readonly timeoutMs: number;
  /** How it is ended when time is up or the caller cancels. Default SIGTERM. */
  readonly killSignal?: NodeJS.Signals;
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called for each line of stderr as it comes. */
  readonly onLine?: (line: string) => void;
}

/** Run a program without a shell; what it wrote to stdout. Throws `images.command` with its last words. */
export function run(argv: readonly string[], options: CommandOptions): Promise<string> {
  const [program = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...options.env, PATH, LC_ALL: "C.UTF-8" },
      timeout: options.timeoutMs,
      signal: options.signal,
      killSignal: options.killSignal ?? "SIGTERM",
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const lines: string[] = [];
    let stdout = "";
    let partial = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      const whole = (partial + text).split("\n");
      partial = whole.pop() ?? "";
      for (const line of whole) {
        options.onLine?.(line);
        if (line.trim() !== "") lines.push(line.trim());
      }
      lines.splice(0, lines.length - 4);
    });
    child.on("error", (cause) => {
      if (cause.name === "AbortError")
        return reject(new MachinistError("cancelled", "The operation was cancelled", { cause }));
      reject(new MachinistError("images.command", `${program} cannot be run: ${cause.message}`, { cause }));
    });
    child.on("close", (code, killedBy) => {
      if (code === 0) return resolve(stdout);
      const how = code === null ? `was ended by ${killedBy}` : `failed (${code})`;
      const words = [...lines, partial.trim()]
        .filter((line) => line !== "")
        .slice(-4)
        .join(" | ");
      reject(new MachinistError("images.command", `${program} ${how}: ${words}`, { retryable: code === null }));
    });
  });
}

export async function isInstalled(program: string): Promise<boolean> {
  for (const folder of PATH.split(delimiter)) {
    const found = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}
