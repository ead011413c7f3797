import { stat } from "node:fs/promises";
import type { ResourceType } from "@machinist/core";
import { type CachedImage, fetchImage, type ImageSource, imageInCache, inspectDisk } from "@machinist/images";
import { hostArch } from "./accel.ts";
import type { Places } from "./paths.ts";
import type { Arch } from "./probe.ts";

/** An {@link ImageSource} as plain data. */
export type ImageProps = { from: string; checksum?: string; packages?: string[]; mirror?: string };
export type ImageState = { path: string; format: "qcow2" | "raw"; digest: string; virtualBytes: number };

/** Debian's own, with a list of checksums beside it. */
const cloudImage = (arch: Arch): string =>
  `https://cloud.debian.org/images/cloud/trixie/latest/debian-13-genericcloud-${arch === "arm64" ? "arm64" : "amd64"}.qcow2`;

export const archOf = (asked: unknown): Arch => (asked === "x86_64" || asked === "arm64" ? asked : hostArch());

/** What the options ask for. Pure. */
export function sourceOf(options: { readonly [name: string]: unknown }): ImageProps {
  const { image, "image-checksum": checksum, "image-package": packages, "image-mirror": mirror } = options;
  return {
    from: String(image || cloudImage(archOf(options.arch))),
    ...(checksum ? { checksum: String(checksum) } : {}),
    ...(Array.isArray(packages) && packages.length > 0 ? { packages: packages.map(String) } : {}),
    ...(mirror ? { mirror: String(mirror) } : {}),
  };
}

/** The disk that all machines with the same options stand on. It stays in the cache when they go: others may stand on it. */
export function imageKind({
  images,
  sharedImages,
}: Pick<Places, "images" | "sharedImages">): ResourceType<ImageProps, ImageState> {
  return {
    async read({ state, props }) {
      const there = state && (await stat(state.path).catch(unlessMissing));
      if (there) return state;
      const cached = await imageInCache(props as ImageSource, images);
      // The cache was moved: it is where it belongs now. Another image under the same name is another image.
      return cached && (!state || cached.digest === state.digest) ? stateOf(cached) : undefined;
    },
    async create({ props, signal, progress, log }) {
      const call = { signal, progress, log: (message: string) => log(message) };
      return stateOf(await fetchImage(props as ImageSource, images, call, sharedImages));
    },
    async delete() {},
    retainOnDelete: true,
    consistencyWindowMs: 0,
    callTimeoutMs: 2 * 60 * 60_000,
  };
}

function unlessMissing(thrown: NodeJS.ErrnoException): undefined {
  if (thrown.code !== "ENOENT" && thrown.code !== "ENOTDIR") throw thrown;
}

const stateOf = async ({ path, format, digest }: CachedImage): Promise<ImageState> => ({
  path,
  format,
  digest,
  virtualBytes: (await inspectDisk(path)).virtualBytes,
});
