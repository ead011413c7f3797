import { chmod, mkdir, readdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Kind, MachinistError } from "@machinist/core";
import { attempt, lastWords } from "@machinist/programs";
import { buildArgv, filesOf, type ImageSpec, imageLinks, imageName, NOT_SHARED } from "./image-recipe.ts";
import { withLock } from "./lock.ts";
import { hostMirror } from "./mirror.ts";
import { exists } from "./registry.ts";

export type ImageProps = { release: string; image: string; mirror: string; packages?: string[] };
export type ImageState = { name: string; path: string };

const BUILD_MS = 20 * 60_000;

/** A base image: a read-only tree that machines are overlays of. It stays in the cache when the fleet goes. */
export function imageKind(images: string): Kind<ImageProps, ImageState> {
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
      await ensureImage(wanted.path, props, signal, log);
      return wanted;
    },
    async delete() {},
    external: true,
    settleMs: 0,
  };
}

/** Build an image unless it is there. Of several processes that ask at once one builds, the others wait for it. */
export async function ensureImage(
  path: string,
  spec: ImageSpec,
  signal: AbortSignal,
  log: (message: string) => void,
): Promise<void> {
  if (await exists(path)) return;
  const folder = dirname(path);
  const name = basename(path);
  const build = async (): Promise<void> => {
    if (await exists(path)) return;
    // What an earlier build that was cut short has left: its processes died with it, and we hold its lock.
    for (const entry of await readdir(folder))
      if (entry.startsWith(`.${name}.`) && entry.endsWith(".building")) await discard(join(folder, entry));
    const tree = join(folder, `.${name}.${process.pid}.building`);
    try {
      log(`Building the ${spec.release} ${spec.image} image; this is done once`);
      await bootstrap(tree, spec, signal, log);
      await customize(tree, spec);
      await rename(tree, path);
    } finally {
      await discard(tree);
    }
  };
  await withLock(join(folder, `.${name}.lock`), build, { signal, waitMs: BUILD_MS });
}

async function bootstrap(
  tree: string,
  spec: ImageSpec,
  signal: AbortSignal,
  log: (message: string) => void,
): Promise<void> {
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
