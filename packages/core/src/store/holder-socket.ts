import { randomBytes } from "node:crypto";
import { mkdtemp, rm, symlink, unlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The address of a Unix socket holds 108 bytes on Linux and 104 elsewhere, with a zero at the end. */
const MOST_BYTES = 103;

interface Listening {
  readonly name: string;
  readonly server: Server;
}

/**
 * A socket in a folder of locks on which their holder listens for as long as it has one of them. It refuses from the
 * moment in which the process ends, however it ends, and answers in every container of this computer.
 */
export class HolderSocket {
  readonly #folder: string;
  #users = 0;
  #listening: Promise<Listening | undefined> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Listen until {@link close} was called as often. The socket's name; undefined where there can be none. */
  async open(): Promise<string | undefined> {
    this.#users++;
    this.#listening ??= listen(this.#folder).catch(() => undefined);
    return (await this.#listening)?.name;
  }

  async close(): Promise<void> {
    if (--this.#users > 0) return;
    const listening = this.#listening;
    this.#listening = undefined;
    const open = await listening;
    if (!open) return;
    open.server.close();
    await removeSocket(this.#folder, open.name);
  }
}

export type Answer = "answers" | "refuses" | "unknown";

/** Whether somebody listens on a socket. */
export async function askSocket(folder: string, name: string): Promise<Answer> {
  const ask = (path: string) =>
    new Promise<Answer>((resolve) => {
      const socket = connect(path);
      socket.once("connect", () => resolve("answers"));
      socket.once("error", ({ code }: NodeJS.ErrnoException) => {
        if (code === "EAGAIN")
          resolve("answers"); // too busy to take another connection
        // One that is not there was removed with its lock, or by one who had found it dead.
        else resolve(code === "ECONNREFUSED" || code === "ENOENT" ? "refuses" : "unknown");
      });
      socket.once("close", () => resolve("unknown"));
      socket.once("connect", () => socket.destroy());
    });
  return atShortPath(folder, name, ask).catch(() => "unknown");
}

/**
 * Remove what may be gone already. Not by `rm`, which looks first at what it is: where that was a socket, Node 20 does not
 * follow the link to the next package that is loaded, which then lacks all that lies beside it.
 */
export async function removeSocket(folder: string, name: string): Promise<void> {
  if (process.platform !== "win32") await unlink(join(folder, name)).catch(() => {});
}

async function listen(folder: string): Promise<Listening> {
  const key = randomBytes(8).toString("hex");
  const name = process.platform === "win32" ? `machinist-${key}` : `.${key}.sock`;
  const server = createServer((socket) => socket.destroy());
  await atShortPath(
    folder,
    name,
    (path) =>
      new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        // Its own also in a worker of `cluster`, where the first process would listen in its place.
        server.listen({ path, exclusive: true }, resolve);
      }),
  );
  // Whatever happens to it later, no lock is worth the process.
  server.on("error", () => {});
  server.unref();
  return { name, server };
}

/** Do something with a socket at a path that fits an address: its own, or one through a link that is gone afterwards. */
async function atShortPath<T>(folder: string, name: string, work: (path: string) => Promise<T>): Promise<T> {
  if (process.platform === "win32") return work(`\\\\.\\pipe\\${name}`);
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= MOST_BYTES) return work(path);
  const aside = await mkdtemp(join(shortFolder(name), "machinist-"));
  try {
    await symlink(folder, join(aside, "l"));
    return await work(join(aside, "l", name));
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Where there is room for a link of a few letters and the name. */
const shortFolder = (name: string): string =>
  Buffer.byteLength(join(tmpdir(), "machinist-123456", "l", name)) <= MOST_BYTES ? tmpdir() : "/tmp";
