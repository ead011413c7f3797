import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Kind, lockFile, MachinistError } from "@machinist/core";
import { type CachedImage, fetchImage, type ImageSource, imageInCache } from "@machinist/images";
import { media } from "./listing.ts";
import { exists, type Places } from "./places.ts";
import type { Program } from "./program.ts";

export type BaseProps = { from: string; checksum: string; packages: string[]; mirror: string };
/** `capacity` in MiB: no disk on it can be smaller. */
export type BaseState = { path: string; uuid: string; capacity: number };

const CONVERT_MS = 20 * 60_000;

export const sourceOf = ({ from, checksum, packages, mirror }: BaseProps): ImageSource => ({
  from,
  packages,
  ...(checksum === "" ? {} : { checksum }),
  ...(mirror === "" ? {} : { mirror }),
});

/**
 * The disk that machines' disks are differences to: an image in VirtualBox's own format. Of each image there is one for
 * this user's cache; it stays there when the fleet goes, and VirtualBox only forgets it.
 */
export function baseKind(program: Program, places: Places): Kind<BaseProps, BaseState> {
  const pathOf = ({ digest }: CachedImage): string =>
    join(places.bases, `${digest.replace(":", "-").slice(0, 40)}.vdi`);
  const look = async (path: string, signal: AbortSignal): Promise<BaseState | undefined> => {
    if (!(await exists(path))) return undefined;
    const text = await program.find(["showmediuminfo", "disk", path], { signal });
    const medium = text === undefined ? undefined : media(text)[0];
    return medium && { path, uuid: medium.uuid, capacity: medium.capacity };
  };
  return {
    async read({ props, state, signal }) {
      if (state) return look(state.path, signal);
      const image = await imageInCache(sourceOf(props), places.images);
      return image && look(pathOf(image), signal);
    },
    async create(call) {
      const { props, signal, progress, log } = call;
      const image = await fetchImage(sourceOf(props), places.images, { signal, progress, log: (text) => log(text) });
      const path = pathOf(image);
      await mkdir(places.bases, { recursive: true });
      const lock = await lockFile(`${path}.lock`, { waitMs: CONVERT_MS, signal, what: "this base disk" });
      try {
        if (!(await exists(path))) await convert(program, image, path, signal);
      } finally {
        await lock.release();
      }
      const state = await look(path, signal);
      if (!state)
        throw new MachinistError("virtualbox.vanished", `The base disk ${path} disappeared`, { retryable: true });
      return state;
    },
    async delete({ state, signal }) {
      // Other fleets' disks may stand on it: VirtualBox refuses then, and rightly so.
      await program.exclusive(signal, () =>
        program.run(["closemedium", "disk", state.path], { signal }).catch((thrown) => {
          if (!(thrown instanceof MachinistError) || thrown.code !== "virtualbox.command") throw thrown;
        }),
      );
    },
    external: true,
  };
}

async function convert(program: Program, image: CachedImage, path: string, signal: AbortSignal): Promise<void> {
  const draft = path.replace(/\.vdi$/, ".part.vdi");
  await rm(draft, { force: true });
  const call = { signal, timeoutMs: CONVERT_MS };
  try {
    if (image.format === "raw") await program.run(["convertfromraw", image.path, draft, "--format", "VDI"], call);
    else {
      await program.run(["clonemedium", "disk", image.path, draft, "--format", "VDI"], call);
      // It would go on knowing both under these names.
      for (const each of [draft, image.path]) await program.run(["closemedium", "disk", each], call);
    }
  } catch (thrown) {
    await rm(draft, { force: true });
    throw thrown;
  }
  await rename(draft, path);
}
