import { createReadStream, createWriteStream } from "node:fs";
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { lockFile, MachinistError, ownFolder } from "@machinist/core";
import { type Checksum, digestIn, digestOf, mismatch, parseChecksum } from "./checksum.ts";
import { buildDebian, checkBuilder } from "./debian-build.ts";
import { inspectDisk, inspectHeader } from "./disk-format.ts";
import { discard, download, fetchText, refuseFullDisk } from "./download.ts";
import { linkImage } from "./link.ts";
import {
  type CachedImage,
  cacheName,
  fileAt,
  type ImageCall,
  type ImageSource,
  type Origin,
  originOf,
  shown,
} from "./source.ts";

/** Somebody else may be fetching the same image over a slow line. */
const WAIT_MS = 60 * 60_000;

/** Beside the image in its folder: with it the image is whole and verified. */
const NOTE = "image.json";

/** The image as it is here already; no network is used. Throws `images.source` and the like for what can be no image. */
export async function imageInCache(source: ImageSource, folder: string): Promise<CachedImage | undefined> {
  return inFolder(join(folder, await cacheName(source, originOf(source))));
}

/** The image in a folder of a cache, as a machine's disk names it. */
export const imageAt = (path: string): Promise<CachedImage | undefined> => inFolder(dirname(path));

/**
 * Say before anything is made what is wrong with a source: its form, a file that is missing, damaged or not the one that
 * was meant, programs that building needs. Changes nothing and uses no network.
 */
export async function checkImage(
  source: ImageSource,
  folder: string,
  signal: AbortSignal,
  shared?: string,
): Promise<void> {
  const origin = originOf(source);
  const name = await cacheName(source, origin);
  if (await inFolder(join(folder, name))) return;
  if (shared !== undefined && (await inFolder(join(shared, name)).catch(() => undefined))) return;
  if (origin.type === "debian") await checkBuilder();
  if (origin.type !== "file") return;
  await inspectDisk(origin.path);
  const wanted = source.checksum === undefined ? undefined : parseChecksum(source.checksum);
  if (wanted && "hex" in wanted) await verify(origin.path, origin.path, wanted, { signal });
}

/**
 * Have the image here: fetched, copied or built, unless it is in the cache. Of several processes that ask at once one
 * does it and the others wait. A transfer that was interrupted goes on where it ended. `shared`: the cache of all who may have
 * had it before, which is filled, too. Throws `images.*`.
 */
export async function fetchImage(
  source: ImageSource,
  folder: string,
  call: ImageCall,
  shared?: string,
): Promise<CachedImage> {
  const origin = originOf(source);
  const name = await cacheName(source, origin);
  const target = join(folder, name);
  return (
    (await inFolder(target)) ??
    withImageLock(target, call, async () => {
      const there = await inFolder(target);
      if (there) return there;
      const own = shared === undefined ? undefined : await ownFolder(shared);
      if (own === undefined) return bring(source, origin, target, call);
      const common = await inShared(source, origin, join(own, name), call);
      await linkImage(dirname(common.path), target);
      await rm(`${target}.part`, { recursive: true, force: true });
      return whole(target);
    })
  );
}

/** In the cache of all: there no machine stands on what is damaged, and it is had again. */
async function inShared(source: ImageSource, origin: Origin, target: string, call: ImageCall): Promise<CachedImage> {
  const sound = () => inFolder(target).catch(() => undefined);
  return (
    (await sound()) ??
    withImageLock(target, call, async () => (await sound()) ?? (await bring(source, origin, target, call)))
  );
}

/** While no other process has the same image in the same folder in hand. */
async function withImageLock<T>(target: string, { signal }: ImageCall, work: () => Promise<T>): Promise<T> {
  const [folder, name] = [dirname(target), basename(target)];
  await mkdir(folder, { recursive: true });
  const lock = await lockFile(join(folder, `.${name}.lock`), { waitMs: WAIT_MS, signal, what: `image ${name}` });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function bring(source: ImageSource, origin: Origin, target: string, call: ImageCall): Promise<CachedImage> {
  // Kept when a transfer ends early; the name says that nothing in it counts yet.
  const work = `${target}.part`;
  await mkdir(work, { recursive: true });
  const disk = join(work, "disk");
  const digest = await filled(source, origin, disk, call);
  const label = origin.type === "debian" ? "The disk that was built" : shown(source.from);
  const { format } = await inspectDisk(disk, label).catch(async (thrown) => {
    await discard(disk);
    throw thrown;
  });
  const final = `disk.${format}`;
  // Whatever wrote to it would damage every machine that stands on it.
  await chmod(disk, 0o444);
  await rename(disk, join(work, final));
  const { size } = await stat(join(work, final));
  await writeFile(join(work, NOTE), JSON.stringify({ file: final, bytes: size, format, digest }));
  await rm(`${disk}.json`, { force: true });
  await rm(target, { recursive: true, force: true });
  await rename(work, target);
  return whole(target);
}

/** What was just put there. */
async function whole(target: string): Promise<CachedImage> {
  const image = await inFolder(target);
  if (!image)
    throw new MachinistError("images.vanished", `The image ${target} disappeared`, {
      retryable: true,
      hint: "Run the same command again to fetch it",
    });
  return image;
}

/** Bring the bytes, and tell their digest. */
async function filled(source: ImageSource, origin: Origin, disk: string, call: ImageCall): Promise<string> {
  if (origin.type === "debian") {
    await buildDebian(origin.release, source, disk, call);
    return `sha256:${await digestOf(disk, "sha256", call)}`;
  }
  const wanted = await expected(source, origin, call);
  if (origin.type === "url") await download(origin.url, disk, call);
  else await copy(origin.path, disk, call);
  if (wanted === undefined) return `sha256:${await digestOf(disk, "sha256", call)}`;
  call.log("Comparing the image with its checksum");
  await verify(disk, shown(source.from), wanted, call).catch(async (thrown) => {
    await discard(disk);
    throw thrown;
  });
  return `${wanted.algorithm}:${wanted.hex}`;
}

type Digest = Extract<Checksum, { hex: string }>;

/**
 * The digest that the file must have. A file of the user's own needs none; what comes over a network does, and where no
 * checksum is given, the lists beside it are looked for, as all distributions publish them.
 */
async function expected(source: ImageSource, origin: Origin, call: ImageCall): Promise<Digest | undefined> {
  const given = source.checksum === undefined ? undefined : parseChecksum(source.checksum);
  if (given && "hex" in given) return given;
  const path = origin.type === "url" ? decodeURIComponent(origin.url.pathname) : source.from;
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (given) {
    const list = await fetchText(originUrl(given.list), call);
    const hex = list === undefined ? undefined : digestIn(list, name, given.algorithm);
    if (hex !== undefined) return { algorithm: given.algorithm, hex };
    throw new MachinistError(
      "images.unlisted",
      `${shown(given.list)} ${list === undefined ? "is not there" : `does not name ${name}`}`,
      {
        hint: "Give the checksum itself: sha256: and the digits",
      },
    );
  }
  if (origin.type !== "url") return undefined;
  for (const algorithm of ["sha256", "sha512"] as const) {
    const list = await fetchText(new URL(`${algorithm.toUpperCase()}SUMS`, origin.url), call);
    const hex = list === undefined ? undefined : digestIn(list, name, algorithm);
    if (hex !== undefined) return { algorithm, hex };
  }
  throw new MachinistError("images.unverified", `There is no checksum for ${shown(source.from)}`, {
    hint: "Give one with the image: sha256: and the digits, or the URL of a SHA256SUMS file",
  });
}

const originUrl = (text: string): URL => {
  const origin = originOf({ from: text });
  if (origin.type === "url") return origin.url;
  throw new MachinistError("images.source", `${text} is not a URL`);
};

async function verify(path: string, what: string, wanted: Digest, call: Pick<ImageCall, "signal">): Promise<void> {
  const found = await digestOf(path, wanted.algorithm, call);
  if (found !== wanted.hex) throw mismatch(what, wanted.hex, found);
}

/** A copy, so that machines stand on something that its owner does not change under them. */
async function copy(path: string, disk: string, { signal, progress }: ImageCall): Promise<void> {
  const { size } = await fileAt(path);
  await inspectDisk(path);
  await refuseFullDisk(disk, size);
  let done = 0;
  const counted = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      done += chunk.length;
      progress(done, size, "bytes");
      yield chunk;
    }
  };
  await pipeline(
    createReadStream(path, { highWaterMark: 1 << 20 }),
    counted,
    createWriteStream(disk, { flush: true } as object),
    { signal },
  );
}

async function inFolder(folder: string): Promise<CachedImage | undefined> {
  const text = await readFile(join(folder, NOTE), "utf8").catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT" || thrown.code === "ENOTDIR") return undefined;
    throw new MachinistError("images.cache", `The image in ${folder} cannot be read (${thrown.code})`, {
      cause: thrown,
      hint: `Check who owns it; it may be removed and is then fetched again: rm -r ${folder}`,
    });
  });
  if (text === undefined) return undefined;
  const { file, bytes, format, digest } = JSON.parse(text) as CachedImage & { file: string };
  const path = join(folder, file);
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === bytes) {
    // What was taken by a version before, or put here by others, is no better for having been here.
    await inspectHeader(path);
    return { path, bytes, format, digest };
  }
  throw new MachinistError("images.truncated", `The image ${path} is not whole any more`, {
    hint: `No machine that stands on it can run. To fetch it again: rm -r ${folder}`,
  });
}
