import { type ChildProcess, spawn } from "node:child_process";
import { cancelled, MachinistError } from "@machinist/core";
import { searchPath } from "@machinist/programs";
import { LineGate } from "./line-gate.ts";

export interface GroupOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

/** How long a group has between SIGTERM and SIGKILL, in ms. */
const graceMs = 2000;
/** How long output is waited for that a program's children still hold open after its end, in ms. */
const lingerMs = 500;

export const tooLate = (what: string, timeoutMs: number): MachinistError =>
  new MachinistError("hook.timeout", `${what} did not end within ${timeoutMs / 1000} s`, {
    hint: "Give it more time in the manifest: timeout in hooks:",
  });

/**
 * Run a program in a process group of its own, without a shell; its output goes on line by line and is not kept. When
 * time is up or the caller cancels, all of the group is ended. Throws `hook.missing`, `hook.timeout`, `hook.exit`,
 * `cancelled`.
 */
export async function runGroup(argv: readonly string[], options: GroupOptions): Promise<void> {
  const [program = "", ...args] = argv;
  const { signal, timeoutMs } = options;
  if (signal.aborted) throw cancelled(signal.reason);
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...options.env, PATH: searchPath(options.env) },
    stdio: ["pipe", "pipe", "pipe"],
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  const gates = [child.stdout, child.stderr].map((stream) => {
    const gate = new LineGate(options.onLine);
    stream.on("data", (chunk: Buffer) => gate.push(chunk));
    return gate;
  });
  // One that does not read what it is told breaks the pipe: its right.
  child.stdin.on("error", () => {});
  child.stdin.end(options.stdin);

  let why: MachinistError | undefined;
  const stop = (reason: MachinistError) => {
    why ??= reason;
    endGroup(child, "SIGTERM");
    killer ??= setTimeout(() => endGroup(child, "SIGKILL"), graceMs);
  };
  let killer: NodeJS.Timeout | undefined;
  const timer = setTimeout(() => stop(tooLate(program, timeoutMs)), timeoutMs);
  const onAbort = () => stop(cancelled(signal.reason));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const { code, killedBy } = await ended(child, program);
    // Its children may have ignored the first signal.
    if (why) endGroup(child, "SIGKILL");
    if (why) throw why;
    if (code === 0) return;
    const how = code === null ? `was ended by ${killedBy}` : `ended with code ${code}`;
    throw new MachinistError("hook.exit", `${program} ${how}`, {
      hint: "See what it wrote: machinist events",
    });
  } finally {
    clearTimeout(timer);
    clearTimeout(killer);
    signal.removeEventListener("abort", onAbort);
    for (const gate of gates) gate.end();
  }
}

function ended(child: ChildProcess, program: string): Promise<{ code: number | null; killedBy: string | null }> {
  return new Promise((resolve, reject) => {
    child.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        new MachinistError("hook.missing", `${program} cannot be run: ${words[cause.code ?? ""] ?? cause.message}`, {
          cause,
          hint: "Check its path in hooks: of the manifest, and that it is executable (chmod +x)",
        }),
      ),
    );
    child.once("exit", () => {
      const linger = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, lingerMs);
      child.once("close", () => clearTimeout(linger));
    });
    child.once("close", (code, killedBy) => resolve({ code, killedBy }));
  });
}

const words: { readonly [code: string]: string } = {
  ENOENT: "it is not there (or the interpreter that its first line names)",
  EACCES: "it is not executable",
  ENOEXEC: "it is no program (its first line should name an interpreter: #!/bin/sh)",
};

function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  if (process.platform === "win32") {
    spawn("taskkill", ["/pid", String(pid), "/T", "/F"], { stdio: "ignore", windowsHide: true }).on("error", () => {});
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch {
    // The whole group has ended.
  }
}
