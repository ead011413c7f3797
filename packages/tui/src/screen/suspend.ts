import { PassThrough } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { LentTerminal } from "../effects/shell.ts";
import type { Device } from "./device.ts";

/** The device as a remote shell wants it, raw, until `body` has ended. */
export async function suspendDevice<T>(
  { stdin, stdout }: Device,
  term: string,
  body: (terminal: LentTerminal) => Promise<T>,
): Promise<T> {
  const output = new PassThrough();
  const decoder = new StringDecoder("utf8");
  output.on("data", (piece: Buffer) => stdout.write(decoder.write(piece)));
  let stopListening = () => {};
  // Input that was paused flows again only when it is told to, and what flows before anybody listens is lost.
  const flow = (event: string | symbol) => {
    if (event === "data") setImmediate(() => stdin.resume());
  };
  stdin.on("newListener", flow);
  stdin.setRawMode?.(true);
  try {
    return await body({
      stdin,
      stdout: output,
      term,
      columns: stdout.columns ?? 80,
      rows: stdout.rows ?? 24,
      onResize: (listener) => {
        stopListening = stdout.onResize(() => listener(stdout.columns ?? 80, stdout.rows ?? 24));
      },
      say: (line) => stdout.write(`${line}\r\n`),
    });
  } finally {
    stopListening();
    stdin.off("newListener", flow);
    stdin.setRawMode?.(false);
    stdin.pause();
  }
}
