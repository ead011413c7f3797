/** All that the program touches of its process. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly stdin: NodeJS.ReadStream | AsyncIterable<Uint8Array | string>;
  /** Run a program on this very terminal; its exit code. Rejects where there is no such program. */
  readonly suspendTerminal: (program: string, args: readonly string[]) => Promise<number>;
  readonly signal: AbortSignal;
}
