import { chmod, mkdir, readdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { lockFile, MachinistError, ownFolder, type ResourceType } from "@machinist/core";
import { attempt, lastWords, run } from "@machinist/programs";
import { buildArgv, filesOf, type ImageSpec, imageLinks, imageName, NOT_SHARED } from "./image-recipe.ts";
import { hostMirror } from "./mirror.ts";
import type { Places } from "./paths.ts";
import { exists } from "./registry.ts";

export type ImageProps = { release: string; image: string; mirror: string; packages?: string[] };
export type ImageState = { name: string; path: string };

const BUILD_MS = 20 * 60_000;

/** A base image: a read-only tree that machines are overlays of. It stays in the cache when the fleet goes. */
export function imageKind({
  images,
  sharedImages,
}: Pick<Places, "images" | "sharedImages">): ResourceType<ImageProps, ImageState> {
  const at = (props: ImageProps): ImageState => {
    const name = imageName(props);
    return { name, path: join(images, name) };
  };
  return {
    async read({ props, state }) {
      for (const known of [...(state ? [state] : []), at(props)]) if (await exists(known.path)) return known;
      return undefined;
    },
    async create({ props, signal, log }) {
      const wanted = at(props);
      await ensureImage(wanted.path, props, { signal, log }, sharedImages);
      return wanted;
    },
    async delete() {},
    retainOnDelete: true,
    consistencyWindowMs: 0,
  };
}

interface ImageCall {
  readonly signal: AbortSignal;
  readonly log: (message: string) => void;
}

/**
 * Build an image unless it is there. Of several processes that ask at once one builds, the others wait for it. `shared`: the
 * cache of all who may have built it before, which is filled, too.
 */
export async function ensureImage(path: string, spec: ImageSpec, call: ImageCall, shared?: string): Promise<void> {
  if (await exists(path)) return;
  const folder = dirname(path);
  const name = basename(path);
  const own = shared === undefined ? undefined : await ownFolder(shared);
  const build = async (): Promise<void> => {
    if (await exists(path)) return;
    if (own !== undefined) await ensureImage(join(own, name), spec, call);
    // What an earlier build that was interrupted has left: its processes died with it, and we hold its lock.
    for (const entry of await readdir(folder))
      if (entry.startsWith(`.${name}.`) && entry.endsWith(".building")) await discard(join(folder, entry));
    const tree = join(folder, `.${name}.${process.pid}.building`);
    try {
      if (own === undefined) {
        call.log(`Building the ${spec.release} ${spec.image} image; this is done once`);
        await bootstrap(tree, spec, call);
        await customize(tree, spec);
      } else await linkTree(join(own, name), tree, call.signal);
      await rename(tree, path);
    } finally {
      await discard(tree);
    }
  };
  await mkdir(folder, { recursive: true });
  const what = `image ${name}`;
  const lock = await lockFile(join(folder, `.${name}.lock`), { waitMs: BUILD_MS, signal: call.signal, what });
  try {
    await build();
  } finally {
    await lock.release();
  }
}

/** The same tree a second time: of links where both are on one file system. Nothing ever writes to a file of an image. */
async function linkTree(from: string, to: string, signal: AbortSignal): Promise<void> {
  const how = { signal, timeoutMs: BUILD_MS };
  if ((await attempt(["cp", "-a", "--link", "--", from, to], how)).code === 0) return;
  await discard(to);
  await run(["cp", "-a", "--reflink=auto", "--", from, to], how);
}

async function bootstrap(tree: string, spec: ImageSpec, { signal, log }: ImageCall): Promise<void> {
  const mirror = spec.mirror || ((await hostMirror()) ?? "");
  const onLine = (line: string) => {
    if (line.startsWith("I: ")) log(line.slice(3));
  };
  const { code, stderr } = await attempt(buildArgv({ ...spec, mirror }, tree), { signal, timeoutMs: BUILD_MS, onLine });
  if (code === 0) return;
  throw new MachinistError("nspawn.image", `The ${spec.release} image could not be built: ${lastWords(stderr, 4)}`, {
    retryable: true,
    hint: "Check that this computer reaches an apt mirror, or name one with the option `mirror`",
  });
}

async function customize(tree: string, spec: ImageSpec): Promise<void> {
  for (const prefix of NOT_SHARED) await removePrefix(tree, prefix);
  for (const { path, content } of filesOf(spec)) {
    await folderFor(join(tree, path));
    await writeFile(join(tree, path), content);
    await chmod(join(tree, path), 0o644);
  }
  for (const [path, target] of imageLinks) {
    await folderFor(join(tree, path));
    await rm(join(tree, path), { force: true });
    await symlink(target, join(tree, path));
  }
  // /usr is newer than these marks would be, and systemd would update what the packages have just set up.
  const later = new Date(Date.now() + 60_000);
  for (const mark of ["etc/.updated", "var/.updated"]) {
    await writeFile(join(tree, mark), "");
    await utimes(join(tree, mark), later, later);
  }
}

async function folderFor(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
}

async function removePrefix(tree: string, prefix: string): Promise<void> {
  const folder = join(tree, dirname(prefix));
  const entries = await readdir(folder).catch(() => []);
  for (const entry of entries)
    if (entry === basename(prefix) || (prefix.endsWith("_") && entry.startsWith(basename(prefix))))
      await rm(join(folder, entry), { recursive: true, force: true });
}

const discard = (tree: string): Promise<unknown> =>
  attempt(["rm", "-rf", "--one-file-system", "--", tree], { timeoutMs: 120_000 });
