import { open, readFile, rm, stat, statfs, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { isMachinistError, MachinistError } from "@machinist/core";
import { type ImageCall, secureUrl, shown } from "./source.ts";

/** A server that sends nothing for so long is given up, in ms. */
const STALL_MS = 60_000;
const REDIRECTS = 5;
/** A list of checksums is text of a few KB. */
const MOST_TEXT = 4 * 2 ** 20;

/** Which file the bytes that are here already came from. */
interface Note {
  readonly version: string;
}

/**
 * Fetch a file, going on where an earlier try ended. When this returns, `part` holds as many bytes as the server
 * announced. Throws `images.*`; what may be better later is retryable, and goes on from there.
 */
export async function download(url: URL, part: string, call: ImageCall): Promise<void> {
  const note = await readNote(part);
  const have = note === undefined ? 0 : await sizeOf(part);
  const watch = new Watch(call.signal);
  try {
    const range: { range?: string } = have > 0 ? { range: `bytes=${have}-` } : {};
    const response = await get(url, { ...range, "accept-encoding": "identity" }, watch);
    const version = versionOf(response);
    const stale = response.status === 416 || (response.status === 206 && version !== note?.version);
    if (stale) {
      await response.body?.cancel();
      await discard(part);
      return await download(url, part, call);
    }
    refuse(url, response);
    const from = response.status === 206 ? have : 0;
    if (from === 0) await discard(part);
    await writeFile(notePath(part), JSON.stringify({ version } satisfies Note));
    await receive(response, part, from, call, watch);
  } catch (cause) {
    throw watch.explain(cause, url);
  } finally {
    watch.end();
  }
}

/** Fetch a short text. Undefined where the server has none. */
export async function fetchText(url: URL, { signal }: Pick<ImageCall, "signal">): Promise<string | undefined> {
  const watch = new Watch(signal);
  try {
    const response = await get(url, {}, watch);
    if (response.status === 404 || response.status === 403 || response.status === 410) {
      await response.body?.cancel();
      return undefined;
    }
    refuse(url, response);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      watch.moved();
      bytes += chunk.length;
      if (bytes > MOST_TEXT)
        throw new MachinistError("images.checksum-form", `${shown(url.href)} is too long for a list of checksums`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  } catch (cause) {
    throw watch.explain(cause, url);
  } finally {
    watch.end();
  }
}

/** Redirects are followed by hand: one may not lead from https to where anybody could answer. */
async function get(start: URL, headers: Record<string, string>, watch: Watch): Promise<Response> {
  let url = start;
  for (let hops = 0; hops <= REDIRECTS; hops++) {
    const response = await fetch(url, { headers, redirect: "manual", signal: watch.signal });
    watch.moved();
    const target = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || response.status === 304 || target === null) return response;
    await response.body?.cancel();
    url = secureUrl(target, url);
  }
  throw new MachinistError("images.http", `${shown(start.href)} leads from one address to the next without end`, {
    hint: "Give the address that it ends at, or a file",
  });
}

function refuse(url: URL, { status, headers }: Response): void {
  if (status === 200 || status === 206) return;
  if (status === 404 || status === 410)
    throw new MachinistError("images.not-found", `There is no ${shown(url.href)}`, {
      hint: "Check the address; cloud images of a day are often removed when newer ones come",
    });
  const seconds = Number(headers.get("retry-after"));
  throw new MachinistError("images.http", `${url.host} answered ${status} for ${url.pathname}`, {
    hint: "Check the image's address in a browser or with curl -I",
    retryable: status >= 500 || status === 429 || status === 408,
    ...(seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}),
  });
}

async function receive(response: Response, part: string, from: number, call: ImageCall, watch: Watch): Promise<void> {
  const length = response.headers.get("content-length");
  const total = length === null ? undefined : from + Number(length);
  await refuseFullDisk(part, total === undefined ? 0 : total - from);
  const file = await open(part, from === 0 ? "w" : "a", 0o600);
  let done = from;
  try {
    call.progress(done, total, "bytes");
    for await (const chunk of response.body ?? []) {
      watch.moved();
      await file.write(chunk);
      done += chunk.length;
      call.progress(done, total, "bytes");
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (total !== undefined && done < total)
    throw new MachinistError("images.interrupted", `Only ${done} of ${total} bytes came`, { retryable: true });
}

export async function refuseFullDisk(path: string, bytes: number): Promise<void> {
  const disk = await statfs(dirname(path));
  const free = disk.bavail * disk.bsize;
  if (bytes < free) return;
  throw new MachinistError(
    "images.disk",
    `The image needs ${Math.ceil(bytes / 2 ** 20)} MiB and ${dirname(path)} has ${Math.floor(free / 2 ** 20)} MiB left`,
    { hint: "Free some space, then run the same command again" },
  );
}

/** Ends a transfer that stands still, or that the caller cancels, and says which it was. */
class Watch {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal;
  #timer: NodeJS.Timeout;
  #stalled = false;
  readonly #cancel = () => this.#controller.abort();

  constructor(caller: AbortSignal) {
    this.#caller = caller;
    if (caller.aborted) this.#cancel();
    caller.addEventListener("abort", this.#cancel);
    this.#timer = this.#start();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  moved(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#start();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#caller.removeEventListener("abort", this.#cancel);
  }

  explain(cause: unknown, url: URL): unknown {
    if (isMachinistError(cause)) return cause;
    if (this.#caller.aborted) return new MachinistError("cancelled", "The operation was cancelled", { cause });
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOSPC")
      return new MachinistError("images.disk", "There is no space left for the image", {
        cause,
        hint: "Free some space, then run the same command again",
      });
    const why = this.#stalled ? `sent nothing for ${STALL_MS / 1000} s` : "cannot be reached, or broke off";
    return new MachinistError("images.interrupted", `${url.host} ${why}`, {
      cause,
      retryable: true,
      hint: "Check the address and the network; what has come is kept, and the next try goes on from there",
    });
  }

  #start(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#stalled = true;
      this.#controller.abort();
    }, STALL_MS);
  }
}

/** What tells one version of the file from another. */
const versionOf = ({ headers }: Response): string =>
  `${headers.get("etag") ?? ""} ${headers.get("last-modified") ?? ""}`.trim();

const notePath = (part: string): string => `${part}.json`;

async function readNote(part: string): Promise<Note | undefined> {
  try {
    return JSON.parse(await readFile(notePath(part), "utf8")) as Note;
  } catch {
    return undefined; // without it the bytes may be of anything: they are fetched again
  }
}

export async function discard(part: string): Promise<void> {
  await rm(notePath(part), { force: true });
  await rm(part, { force: true });
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );
