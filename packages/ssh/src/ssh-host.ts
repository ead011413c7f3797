import type { Duplex } from "node:stream";
import type { Endpoint, Host, Output, RunOptions, Terminal, Uploaded } from "@machinist/core";
import { download } from "./download.ts";
import { exec } from "./exec.ts";
import { forward } from "./forward.ts";
import { closedHere, type Link } from "./link.ts";
import { onStdin } from "./remote-script.ts";
import { shell } from "./shell.ts";
import { upload } from "./upload.ts";
import { type WriteOptions, writeFile } from "./write-file.ts";

/** One caller's handle on a machine's connection, which all handles of the machine share. */
export class SshHost implements Host {
  readonly #shared: Link;
  readonly #onClose: () => Promise<void>;
  readonly #first: Endpoint;
  #closed = false;

  /** `onClose` is called once. */
  constructor(link: Link, endpoint: Endpoint, onClose: () => Promise<void>) {
    this.#shared = link;
    this.#first = endpoint;
    this.#onClose = onClose;
  }

  get name(): string {
    return this.#shared.machine;
  }

  get endpoint(): Endpoint {
    return this.#shared.endpoint ?? this.#first;
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<Output> {
    return exec(this.#link(), { ...options, argv });
  }

  async script(script: string, args: readonly string[] = [], options: Omit<RunOptions, "stdin"> = {}): Promise<Output> {
    const argv = ["sh", "-s", "--", ...args];
    return exec(this.#link(), { ...options, argv, stdin: onStdin(script), what: "A script" });
  }

  async write(path: string, content: string | Uint8Array, options?: WriteOptions): Promise<void> {
    return writeFile(this.#link(), path, content, options);
  }

  async upload(
    files: ReadonlyMap<string, Uploaded>,
    into: string,
    options?: { sudo?: boolean; signal?: AbortSignal },
  ): Promise<void> {
    return upload(this.#link(), files, into, options);
  }

  async download(remote: string, local: string, options?: { signal?: AbortSignal }): Promise<void> {
    return download(this.#link(), remote, local, options);
  }

  async forward(host: string, port: number): Promise<Duplex> {
    return forward(this.#link(), host, port);
  }

  async shell(terminal: Terminal, argv?: readonly string[]): Promise<number> {
    return shell(this.#link(), terminal, argv);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#onClose();
  }

  #link(): Link {
    if (this.#closed) throw closedHere(this.name);
    return this.#shared;
  }
}
