import type { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { displayed } from "@machinist/terminal-text";
import type { Io } from "./io.ts";

/** This process, as far as the program is to see it. `write` goes straight to the file: streams take longer to load. */
export function processIo(signal: AbortSignal, write: typeof writeSync): Io {
  const to = (descriptor: 1 | 2) => (text: string) => {
    // What drivers and engines say must not command a terminal. Other programs get every byte, as they always did.
    const bytes = Buffer.from(isatty(descriptor) ? displayed(text) : text);
    let written = 0;
    try {
      while (written < bytes.length) written += write(descriptor, bytes, written);
    } catch (thrown) {
      // The reader has gone: nobody minds. Its pipe is full: a stream knows how to wait.
      const stream = descriptor === 1 ? process.stdout : process.stderr;
      if ((thrown as NodeJS.ErrnoException).code !== "EPIPE") stream.write(bytes.subarray(written));
    }
  };
  return {
    env: process.env,
    cwd: process.cwd(),
    platform: process.platform,
    out: to(1),
    err: to(2),
    get stdin() {
      return process.stdin;
    },
    suspendTerminal: async (program, args) => {
      const { spawn } = await import("node:child_process");
      const child = spawn(program, args, { stdio: "inherit" });
      return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => resolve(code ?? 255));
      });
    },
    signal,
  };
}
