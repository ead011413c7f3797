import { type ChildProcess, spawn } from "node:child_process";
import { cancelled, MachinistError } from "@machinist/core";
import { searchPath } from "./search-path.ts";
import { lastWords } from "./words.ts";

export interface ProgramOptions {
  readonly signal?: AbortSignal;
  /** Deadline in ms. Default 30 000. */
  readonly timeoutMs?: number;
  readonly cwd?: string;
  /** What it reads. Default: nothing. */
  readonly stdin?: string;
  /** Default: this process's. Either way its words are not translated, and the usual folders are on its PATH. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How it is ended when time is up or the caller cancels. Default SIGTERM. */
  readonly killSignal?: NodeJS.Signals;
  /** How long after that signal it is killed with SIGKILL where it still runs, in ms. Default 5000. */
  readonly killAfterMs?: number;
  /** Called for each whole line of stderr as it comes. */
  readonly onLine?: (line: string) => void;
  /** What to do where it cannot be run. */
  readonly hint?: string;
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Run a program without a shell, and tell how it ended. Throws `program.missing` where it cannot be run,
 * `program.ended` (retryable) where a deadline or a signal ended it, and `cancelled`. However it ends, it runs no more.
 */
export function attempt(argv: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  const [program = "", ...args] = argv;
  const { timeoutMs = 30_000, env = process.env, hint } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      env: { ...env, PATH: searchPath(env), LC_ALL: "C.UTF-8", LANG: "C.UTF-8" },
      windowsHide: true,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const bounds = bound(child, { ...options, timeoutMs });
    // One that ends without reading it says so by its code.
    child.stdin?.on("error", () => {}).end(options.stdin);
    let stdout = "";
    let stderr = "";
    const lines = byLine(options.onLine);
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      lines(text);
    });
    child.on("error", (cause: NodeJS.ErrnoException) => {
      bounds.lift();
      const why = cause.code === "ENOENT" ? "it is not there" : (cause.code ?? cause.message);
      reject(
        new MachinistError("program.missing", `${program} cannot be run: ${why}`, { cause, ...(hint ? { hint } : {}) }),
      );
    });
    // What it had started may hold its output open for long; that is not waited for.
    child.on("exit", () => {
      bounds.lift();
      if (child.killed) setTimeout(() => [child.stdout, child.stderr].map((stream) => stream?.destroy()), 200).unref();
    });
    child.on("close", (code, killedBy) => {
      const crossed = bounds.crossed();
      if (crossed === "cancelled") return reject(cancelled(options.signal?.reason));
      if (code === 0 || (code !== null && crossed === undefined)) return resolve({ code, stdout, stderr });
      const why = crossed === "late" ? `did not end within ${timeoutMs / 1000} s` : `was ended by ${killedBy}`;
      reject(new MachinistError("program.ended", `${program} ${why}`, { retryable: true }));
    });
  });
}

/** Ends a program when its time is up or its caller cancels, and kills it where it does not heed that. */
function bound(child: ChildProcess, options: ProgramOptions) {
  let crossed: "late" | "cancelled" | undefined;
  let unheeded: NodeJS.Timeout | undefined;
  const end = (why: "late" | "cancelled") => {
    crossed ??= why;
    child.kill(options.killSignal ?? "SIGTERM");
    unheeded ??= setTimeout(() => child.kill("SIGKILL"), options.killAfterMs ?? 5_000);
  };
  const deadline = setTimeout(() => end("late"), options.timeoutMs);
  // A signal of its own: many programs at once would pile up listeners on the caller's.
  const signal = options.signal && AbortSignal.any([options.signal]);
  const cancel = () => end("cancelled");
  if (signal?.aborted) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  return {
    crossed: () => crossed,
    lift() {
      clearTimeout(deadline);
      clearTimeout(unheeded);
      signal?.removeEventListener("abort", cancel);
    },
  };
}

/** Run a program that must succeed; what it wrote to stdout. Throws `program.failed` with its last words, beside what {@link attempt} throws. */
export async function run(argv: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await attempt(argv, options);
  if (code === 0) return stdout;
  const words = lastWords(stderr) || "it said nothing";
  throw new MachinistError("program.failed", `${argv.slice(0, 4).join(" ")} failed (${code}): ${words}`);
}

function byLine(take: ((line: string) => void) | undefined): (text: string) => void {
  let partial = "";
  return (text) => {
    if (!take) return;
    const whole = (partial + text).split("\n");
    partial = whole.pop() ?? "";
    for (const line of whole) take(line);
  };
}
