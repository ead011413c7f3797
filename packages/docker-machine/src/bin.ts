import { existsSync, writeSync } from "node:fs";
import module from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "./app.ts";
import type { Backend } from "./command.ts";
import { processIo } from "./process-io.ts";

/** CommonJS, because that starts sooner than an ES module. What needs machinist proper is a file of its own. */
function start(): void {
  (module as { enableCompileCache?: () => void }).enableCompileCache?.();
  // With it Node would believe any certificate, and a cloud's token would go to whoever stands in between.
  if (process.env.NODE_TLS_REJECT_UNAUTHORIZED === "0") delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  const rest = join(__dirname, "backend.js");
  const backend = () => {
    if (!existsSync(rest)) throw new Error("docker-machine is not built: run `pnpm build` in its repository");
    return import(pathToFileURL(rest).href) as Promise<Backend>;
  };
  const stop = new AbortController();
  const io = processIo(stop.signal, writeSync);
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)
    process.on(signal, () => {
      // Whoever asks twice does not want to wait for what is under way.
      if (stop.signal.aborted) process.exit(code);
      stop.abort();
      process.exitCode = code;
    });
  run(process.argv.slice(2), io, backend).then((code) => {
    process.exitCode = process.exitCode ? process.exitCode : code;
  });
}

start();
