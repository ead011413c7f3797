import { existsSync, writeSync } from "node:fs";
import module from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { fastAnswer } from "./fast.ts";

/** The command's first file, CommonJS because that starts sooner than an ES module: answer at once, or load the rest. */
export function start(): void {
  const answer = fastAnswer(process.argv.slice(2), process.env);
  if (answer !== undefined) {
    say(Buffer.from(answer));
    return;
  }
  // Node 22 and later keep the compiled code on disk.
  (module as { enableCompileCache?: () => void }).enableCompileCache?.();
  const rest = join(__dirname, "index.js");
  if (!existsSync(rest)) throw new Error("machinist is not built: run `pnpm build` in its repository");
  import(pathToFileURL(rest).href).then((loaded: typeof import("./index.ts")) => loaded.runProcess());
}

/** Straight to the file: `process.stdout` would load node's streams and sockets first. */
function say(bytes: Buffer): void {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(1, bytes, written);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    // Its pipe is full: a stream knows how to wait. The reader has gone: nobody minds. Anything else is a failure.
    if (code === "EAGAIN") process.stdout.write(bytes.subarray(written));
    else if (code !== "EPIPE") {
      process.exitCode = 1;
      process.stderr.write(`✗ The output could not be written: ${code}\n`);
    }
  }
}

start();
