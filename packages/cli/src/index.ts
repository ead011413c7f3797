import { exitCodes } from "./failure.ts";
import { processIo } from "./io.ts";
import { main } from "./main.ts";
import { realServices } from "./services.ts";

export { exitCodes } from "./failure.ts";
export { type Io, type Out, processIo } from "./io.ts";
export { main } from "./main.ts";
export { type FrameOptions, frame } from "./render/frame.ts";
export { jsonRenderer } from "./render/json.ts";
export { liveRenderer } from "./render/live.ts";
export { plainRenderer } from "./render/plain.ts";
export { advance, nothingYet, type Progress } from "./render/progress.ts";
export type { Renderer } from "./render/renderer.ts";
export type { Services } from "./services.ts";
export { type Style, styleOf } from "./style.ts";

/** What the `machinist` command does: run this process's command line, then end the process. */
export async function runProcess(): Promise<void> {
  // With it Node would believe any certificate: the token of a cloud, or a download, would go to whoever stands in between.
  if (process.env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.stderr.write(
      "NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored: certificates are verified. Name a CA of your own with NODE_EXTRA_CA_CERTS.\n",
    );
  }
  const io = processIo();
  const code = await main(process.argv.slice(2), io, realServices);
  process.exitCode = code;
  // A connection that someone left open must not keep the command from ending; what is still to be written must.
  process.stdout.write("", () =>
    // A stream tells of its error after it has called back.
    setImmediate(() => {
      const lost = unwritten(io.stdout.closed);
      if (lost !== undefined) process.stderr.write(`✗ The output could not be written: ${lost}\n`);
      process.stderr.write("", () => process.exit(lost === undefined ? code : code || exitCodes.failed));
    }),
  );
}

/** Why not all was written; undefined where it was, or where whoever read us has gone, which is no failure of the work. */
function unwritten(closed: AbortSignal): string | undefined {
  const code = closed.aborted ? (closed.reason as NodeJS.ErrnoException | undefined)?.code : undefined;
  return code === "EPIPE" ? undefined : code;
}
