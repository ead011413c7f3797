import { PassThrough } from "node:stream";
import { MachinistError } from "@machinist/core";
import type { Machinist, OpenOptions } from "@machinist/fleet";
import { displayed } from "@machinist/terminal-text";
import type { Io, Out, Services } from "../src/index.ts";
import { main } from "../src/index.ts";
import { fakeMachinist } from "./fake-machinist.ts";

export class FakeOut implements Out {
  text = "";
  isTTY: boolean;
  columns: number | undefined;
  rows: number | undefined;
  readonly #closed = new AbortController();
  readonly closed = this.#closed.signal;
  readonly #listeners = new Set<() => void>();

  constructor(columns?: number, rows = 24) {
    this.isTTY = columns !== undefined;
    this.columns = columns;
    this.rows = columns === undefined ? undefined : rows;
  }
  write(text: string): void {
    this.raw(displayed(text));
  }
  raw(text: string): void {
    this.text += text;
  }
  onResize(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    for (const listener of this.#listeners) listener();
  }
  close(): void {
    this.#closed.abort();
  }
  get watched(): number {
    return this.#listeners.size;
  }
}

export interface World {
  env?: Record<string, string>;
  cwd?: string;
  platform?: NodeJS.Platform;
  /** Columns of the terminal; undefined: no terminal. */
  columns?: number;
  /** What is typed; its end is the end of input. */
  typed?: string;
  machinist?: Machinist;
  services?: Partial<Services>;
  now?: number;
  /** Called once the command listens for signals. */
  onReady?: (interrupt: () => void) => void;
  /** Called when the command ends its process by force. */
  onExit?: (stdout: string, exits: readonly number[]) => void;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly opened: readonly OpenOptions[];
  readonly exits: readonly number[];
  /** Each time the terminal was set to raw mode, or back. */
  readonly raws: readonly boolean[];
}

/** One command line in a made-up world. */
export async function run(argv: readonly string[], world: World = {}): Promise<Ran> {
  const stdout = new FakeOut(world.columns);
  const stderr = new FakeOut(world.columns);
  const raws: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), {
    isTTY: world.columns !== undefined,
    setRawMode: (raw: boolean) => raws.push(raw),
  });
  if (world.typed !== undefined) stdin.end(world.typed);
  const opened: OpenOptions[] = [];
  const exits: number[] = [];
  const io: Io = {
    stdin,
    stdout,
    stderr,
    env: world.env ?? {},
    cwd: world.cwd ?? "/nowhere",
    platform: world.platform ?? "linux",
    now: () => world.now ?? 0,
    onInterrupt(listener) {
      world.onReady?.(() => listener("SIGINT"));
      return () => {};
    },
    exit(code) {
      exits.push(code);
      world.onExit?.(stdout.text, exits);
    },
  };
  const services: Services = {
    open: async (options) => {
      opened.push(options);
      return world.machinist ?? fakeMachinist().machinist;
    },
    findManifest: async () => undefined,
    readManifest: async () => {
      throw new MachinistError("manifest.not-found", "There is no manifest in this world");
    },
    dashboard: async () => undefined,
    questions: async () => undefined,
    ...world.services,
  };
  const code = await main(argv, io, services);
  return { code, stdout: stdout.text, stderr: stderr.text, opened, exits, raws };
}
