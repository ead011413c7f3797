import type { Readable } from "node:stream";

/** The terminal that the dashboard is on. The command line's own input and output fit. */
export interface Device {
  readonly stdin: Readable & { setRawMode?: (raw: boolean) => unknown };
  readonly stdout: {
    write(text: string): void;
    readonly columns: number | undefined;
    readonly rows: number | undefined;
    /** Calls back when the size has changed; the answer stops that. */
    onResize(listener: () => void): () => void;
    /** Aborted when nobody reads any more. */
    readonly closed: AbortSignal;
  };
}
