import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { isMachinistError, lockFile, type ResourceType } from "@machinist/core";
import { type CachedImage, fetchImage, type ImageSource, imageInCache } from "@machinist/images";
import { chainNow } from "./moved.ts";
import type { Places } from "./paths.ts";
import type { CommandOptions, Program } from "./program.ts";
import { readHeader, tooSmall } from "./vdi.ts";

/** `size` in MiB: what machines' disks have at first. */
export type BaseProps = { from: string; checksum: string; packages: string[]; mirror: string; size: number };
/** Paths of disks, each a difference to the one before it; machines' disks are differences to the last. */
export type BaseState = { chain: string[]; size: number };

const CONVERT_MS = 20 * 60_000;

export const sourceOf = ({ from, checksum, packages, mirror }: BaseProps): ImageSource => ({
  from,
  packages,
  ...(checksum === "" ? {} : { checksum }),
  ...(mirror === "" ? {} : { mirror }),
});

/**
 * The disk that machines' disks are differences to: an image in VirtualBox's own format, and an empty difference to it of
 * the wanted size. Of each image there is one in the cache; it stays when the fleet goes.
 */
export function baseKind(program: Program, places: Places): ResourceType<BaseProps, BaseState> {
  const pathsOf = ({ digest }: CachedImage, size: number) => {
    const name = join(places.bases, digest.replace(":", "-").slice(0, 40));
    return { whole: `${name}.vdi`, sized: `${name}-${size}.vdi` };
  };
  const look = async (chain: readonly string[], size: number): Promise<BaseState | undefined> => {
    const headers = await Promise.all(chain.map(readHeader));
    return headers.includes(undefined) ? undefined : { chain: [...chain], size };
  };
  return {
    async read({ props, state }) {
      const known = state && (await look(await chainNow(state.chain, places), state.size));
      if (known) return known;
      const image = await imageInCache(sourceOf(props), places.images);
      if (!image) return undefined;
      const { whole, sized } = pathsOf(image, props.size);
      return (await readHeader(whole))?.size === props.size
        ? look([whole], props.size)
        : look([whole, sized], props.size);
    },
    async create({ props: { size, ...props }, signal, progress, log }) {
      const image = await fetchImage(
        sourceOf({ size, ...props }),
        places.images,
        {
          signal,
          progress,
          log: (text) => log(text),
        },
        places.sharedImages,
      );
      const { whole, sized } = pathsOf(image, size);
      await mkdir(places.bases, { recursive: true });
      const lock = await lockFile(`${whole}.lock`, { waitMs: CONVERT_MS, signal, what: "this base disk" });
      const call = { signal, timeoutMs: CONVERT_MS };
      try {
        if (!(await readHeader(whole))) await drafted(whole, (draft) => convert(program, image, draft, call));
        const least = (await readHeader(whole))?.size ?? 0;
        if (size < least) throw tooSmall(size, least);
        const chain = size === least ? [whole] : [whole, sized];
        if (size > least && !(await readHeader(sized)))
          await drafted(sized, (draft) => stretch(program, whole, draft, size, call));
        await program.open(chain);
        return { chain, size };
      } finally {
        await lock.release();
      }
    },
    async delete() {},
    retainOnDelete: true,
  };
}

/** A file that is there whole or not at all. */
async function drafted(path: string, make: (draft: string) => Promise<unknown>): Promise<void> {
  const draft = path.replace(/\.vdi$/, ".part.vdi");
  await rm(draft, { force: true });
  try {
    await make(draft);
  } catch (thrown) {
    await rm(draft, { force: true });
    throw thrown;
  }
  await rename(draft, path);
}

async function convert(program: Program, image: CachedImage, draft: string, call: CommandOptions): Promise<void> {
  if (image.format === "raw") {
    await program.run(["convertfromraw", image.path, draft, "--format", "VDI"], call);
    return;
  }
  await program.run(["clonemedium", "disk", image.path, draft, "--format", "VDI"], call);
  // It would go on knowing both under these names.
  for (const path of [draft, image.path]) await program.run(["closemedium", "disk", path], call);
}

async function stretch(
  program: Program,
  whole: string,
  draft: string,
  size: number,
  call: CommandOptions,
): Promise<void> {
  await program.run(["createmedium", "disk", "--filename", draft, "--diffparent", whole, "--format", "VDI"], call);
  await program.run(["modifymedium", "disk", draft, "--resize", String(size)], call);
  await program.run(["closemedium", "disk", draft], call);
}

/**
 * VirtualBox opens no disk whose base it does not know, and it forgets a base that nothing registered stands on: then the
 * base is opened first. Another machine's end may close it again in between, or that of the service: the reconciler tries again.
 */
export async function withBase<T>(program: Program, chain: readonly string[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!isMachinistError(thrown) || thrown.code !== "virtualbox.base") throw thrown;
    await program.open(chain);
    return work();
  }
}
