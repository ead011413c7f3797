import { PassThrough } from "node:stream";
import type { Terminal } from "@machinist/core";
import type { Session } from "./session.ts";

/** Lend this terminal to a remote session, every key of it, and take it back whatever happens. */
export async function onTerminal({ io }: Session, body: (terminal: Terminal) => Promise<number>): Promise<number> {
  const { stdin, stdout } = io;
  const raw = stdin.isTTY === true && stdin.setRawMode !== undefined;
  const output = new PassThrough();
  output.on("data", (piece: Buffer) => stdout.raw(piece.toString("utf8")));
  let stopListening = () => {};
  if (raw) stdin.setRawMode?.(true);
  try {
    return await body({
      stdin,
      stdout: output,
      term: io.env.TERM || "xterm",
      columns: stdout.columns ?? 80,
      rows: stdout.rows ?? 24,
      onResize: (listener) => {
        stopListening = stdout.onResize(() => listener(stdout.columns ?? 80, stdout.rows ?? 24));
      },
    });
  } finally {
    stopListening();
    if (raw) stdin.setRawMode?.(false);
    stdin.pause();
  }
}
