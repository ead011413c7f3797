export { checkImage, fetchImage, imageAt, imageInCache } from "./cache.ts";
export { type DiskFormat, inspectDisk, inspectHeader } from "./disk-format.ts";
export { type CachedImage, debianReleases, type ImageCall, type ImageSource } from "./source.ts";
