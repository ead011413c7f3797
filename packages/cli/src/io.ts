import type { Readable } from "node:stream";
import { displayed } from "@machinist/terminal-text";

/** Where a command's words go: a stream that may be a terminal. */
export interface Out {
  /** For whoever reads it: our own colours go through, and nothing else in it commands a terminal, whoever wrote it. */
  write(text: string): void;
  /** As it is: a value for another program, a remote session, and what we draw by moving the cursor. */
  raw(text: string): void;
  readonly isTTY: boolean;
  /** Undefined where it is no terminal. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  /** Calls back when the terminal's size changed; the answer stops that. */
  onResize(listener: () => void): () => void;
  /**
   * Aborted when nothing can be written any more, its reason being the error: mostly the reader has gone (`| head`, EPIPE).
   * Writing goes on being harmless.
   */
  readonly closed: AbortSignal;
}

/** Everything of the outside world that a command touches, so that tests can be that world. */
export interface Io {
  readonly stdin: Readable & { isTTY?: boolean; setRawMode?: (raw: boolean) => unknown };
  readonly stdout: Out;
  readonly stderr: Out;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  /** ms since 1970. */
  now(): number;
  /** Calls back on Ctrl-C and the like; the answer stops that. */
  onInterrupt(listener: (signal: "SIGINT" | "SIGTERM" | "SIGHUP") => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** The real world. */
export function processIo(): Io {
  return {
    stdin: process.stdin,
    stdout: outOf(process.stdout),
    stderr: outOf(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    platform: process.platform,
    now: Date.now,
    onInterrupt(listener) {
      const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
      for (const signal of signals) process.on(signal, listener);
      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
    exit: (code) => process.exit(code),
  };
}

/** A stream of this process as a command's output. */
export function outOf(stream: NodeJS.WriteStream): Out {
  const closed = new AbortController();
  stream.on("error", (error) => closed.abort(error));
  const raw = (text: string) => {
    if (!closed.signal.aborted) stream.write(text);
  };
  return {
    write: (text) => raw(displayed(text)),
    raw,
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return stream.isTTY ? stream.columns : undefined;
    },
    get rows() {
      return stream.isTTY ? stream.rows : undefined;
    },
    onResize(listener) {
      stream.on("resize", listener);
      return () => stream.off("resize", listener);
    },
    closed: closed.signal,
  };
}

/** For what draws on the whole terminal: it moves the cursor, and makes what it shows harmless itself. */
export const drawn = (out: Out) => ({
  write: (text: string) => out.raw(text),
  get columns() {
    return out.columns;
  },
  get rows() {
    return out.rows;
  },
  onResize: (listener: () => void) => out.onResize(listener),
  closed: out.closed,
});
