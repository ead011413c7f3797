import { open, readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { MachinistError, writeAtomic } from "@machinist/core";
import { type CachedImage, imageAt, inspectHeader } from "@machinist/images";
import { run } from "@machinist/programs";

/** Which image a disk stands on, kept beside it: the disk itself names a path, which tells nothing of what lies there. */
const noteOf = (disk: string): string => join(dirname(disk), "base.json");

export const noteBase = (disk: string, digest: string): Promise<void> =>
  writeAtomic(noteOf(disk), `${JSON.stringify({ digest })}\n`);

/**
 * A disk names its image by where that was when the disk was made. Where it is no more, it is looked for in the cache, and
 * the disk told: but only the same image, since on any other one what the disk holds is damage.
 */
export async function followBase(disk: string, images: string, call: { readonly signal: AbortSignal }): Promise<void> {
  const named = await namedIn(disk);
  if (named === "") return;
  // What a disk stands on is read by QEMU with all that it names.
  if (await stat(named).catch(() => undefined)) return inspectHeader(named);
  const there = join(images, basename(dirname(named)), basename(named));
  const found = await imageAt(there).catch(() => undefined);
  if (!found || found.path !== there || !(await isSame(disk, found))) throw gone(named, images);
  const format = extname(there).slice(1);
  await run(["qemu-img", "rebase", "-q", "-u", "-f", "qcow2", "-F", format, "-b", there, disk], call);
}

async function isSame(disk: string, { digest, path }: CachedImage): Promise<boolean> {
  const text = await readFile(noteOf(disk), "utf8").catch(() => undefined);
  if (text !== undefined) return (JSON.parse(text) as { digest: string }).digest === digest;
  // A disk of a version that kept no note: what was brought here after it was made is not what it stands on.
  const [image, made] = await Promise.all([stat(path), stat(disk)]);
  return image.mtimeMs <= made.birthtimeMs;
}

/** Empty for a disk that stands on nothing. Where and how long the name is stands at 8 and 16 of the header. */
async function namedIn(disk: string): Promise<string> {
  const file = await open(disk, "r");
  try {
    const { buffer } = await file.read(Buffer.alloc(20), 0, 20, 0);
    const length = buffer.readUInt32BE(16);
    const name = await file.read(Buffer.alloc(length), 0, length, Number(buffer.readBigUInt64BE(8)));
    return name.buffer.toString("utf8", 0, name.bytesRead);
  } finally {
    await file.close();
  }
}

const gone = (named: string, images: string) =>
  new MachinistError("qemu.image-gone", `The image that the machine's disk stands on is gone: ${named}`, {
    hint: `Put it back there, or with its folder into ${images}`,
  });
