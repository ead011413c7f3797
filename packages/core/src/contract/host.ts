import type { Duplex, Readable, Writable } from "node:stream";

/** How to reach a system over SSH. Plain data: part of a resource's state. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /**
   * Ports of the system that are reached at another port of `host` (port forwards of a NAT): its port → the port at
   * `host`. One without an entry is reached as it is.
   */
  readonly forwards?: { readonly [port: string]: number };
  /** The address at which other machines of its fleet reach it, where that is not `host` (a private network). */
  readonly privateHost?: string;
  /**
   * How long it may take from its start to its first answer, in ms, where that is more than the two minutes that are
   * waited for by default (a machine that is emulated).
   */
  readonly bootMs?: number;
  /**
   * The host's public keys, one `ssh-ed25519 AAAA…` line each, known before the first connection because we put them
   * there or its provider told us. Without them the machine's known_hosts, the user's, or an announced first use decides.
   */
  readonly hostKeys?: readonly string[];
  /**
   * Path of a file with the boot secret by which a new host proves, on the first connection, the key that it made itself
   * (package cloud-init). Its key is pinned then, and the file removed. Needed only where no `hostKeys` are known.
   */
  readonly bootSecret?: string;
  /** SHA256:… fingerprint the user gave for an existing host. */
  readonly fingerprint?: string;
  /** The private key to use, as a path. Default: the machine's own. */
  readonly keyPath?: string;
  /**
   * The user's own keys (`~/.ssh/id_rsa` and the like) are tried after the machine's own and an agent's: a host of the user's, for
   * which no key was named. Default false.
   */
  readonly userKeys?: boolean;
  /** `[user@]host[:port]`, first hop first. */
  readonly jump?: readonly string[];
  /** Accept an unknown host key once, say so, and pin it. */
  readonly trustOnFirstUse?: boolean;
}

export interface RunOptions {
  /** Pieces are sent as they come, and not read any further once the program has ended. */
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** As root, without a terminal. Refused with `ssh.sudo` where a password would be asked for. */
  readonly sudo?: boolean;
  readonly signal?: AbortSignal;
  /** Deadline in ms. Default 10 minutes. */
  readonly timeoutMs?: number;
  /** Called for each piece of output as it comes; it is still collected. */
  readonly onOutput?: (text: string, stream: "stdout" | "stderr") => void;
}
export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a copy is made of: the path of a local file, with its permissions, or more than that. */
export type Uploaded = string | UploadedFile | UploadedLink;
export interface UploadedFile {
  /** The path of a local file. */
  readonly path: string;
  /** What is sent instead of its content. */
  readonly content?: string;
  /** Whose it is to be, as numbers, where the upload is made as root. Default: root's. */
  readonly owner?: FileOwner;
}
export interface UploadedLink {
  /** Where a symbolic link leads, as it is written in it. */
  readonly target: string;
}
export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/** A system that answers SSH. One connection carries everything; it is reopened when it was lost between two calls. */
export interface Host {
  /** The machine's name. */
  readonly name: string;
  readonly endpoint: Endpoint;
  /**
   * Run one program; every argument is quoted, so no text of a user's becomes shell. A code other than 0 is an answer,
   * not an error.
   */
  run(argv: readonly string[], options?: RunOptions): Promise<Output>;
  /** Run a fixed POSIX sh script on stdin (`sh -s`), with `args` as $1, $2, …; the script itself must be a constant. */
  script(script: string, args?: readonly string[], options?: Omit<RunOptions, "stdin">): Promise<Output>;
  /** Write a file whole: temporary name, mode, owner root when `sudo`, then rename. */
  write(
    path: string,
    content: string | Uint8Array,
    options?: { mode?: number; sudo?: boolean; signal?: AbortSignal },
  ): Promise<void>;
  /**
   * Copy files into a remote folder, which is made. `files`: remote path relative to `into` → what is to be there. No
   * link that is there already is followed.
   */
  upload(
    files: ReadonlyMap<string, Uploaded>,
    into: string,
    options?: { sudo?: boolean; signal?: AbortSignal },
  ): Promise<void>;
  /** Copy a remote file or folder to a local path. */
  download(remote: string, local: string, options?: { signal?: AbortSignal }): Promise<void>;
  /** A stream to an address as the host sees it (`127.0.0.1`, 80). */
  forward(host: string, port: number): Promise<Duplex>;
  /** An interactive shell, or one program on a terminal. Resolves to its exit code. */
  shell(terminal: Terminal, argv?: readonly string[]): Promise<number>;
  /** Close the connection. Safe to call twice. */
  close(): Promise<void>;
}

/** The local side of an interactive session. `onResize` is called with a listener for new sizes. */
export interface Terminal {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly term: string;
  readonly columns: number;
  readonly rows: number;
  readonly onResize?: (listener: (columns: number, rows: number) => void) => void;
}

/** How resource types find the hosts of other machines, and their own. */
export interface Hosts {
  /** The host of a machine, connected; waits for sshd while a machine boots, until `signal` aborts or `waitMs` passes. With 0 it tries once. */
  connect(machine: string, options?: { readonly signal?: AbortSignal; readonly waitMs?: number }): Promise<Host>;
}
