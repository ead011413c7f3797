import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import { isMachinistError, writeAtomic } from "@machinist/core";
import { longList, media } from "./listing.ts";
import { exists, folderOf, type Places } from "./paths.ts";
import type { Program } from "./program.ts";

/** VirtualBox's own file of a machine's settings below its folder, wherever VirtualBox looks for it. */
export async function settingsIn(folder: string): Promise<string | undefined> {
  const names = await readdir(join(folder, "vm"), { recursive: true }).catch((): string[] => []);
  const found = names.find((name) => name.endsWith(".vbox"));
  return found && join(folder, "vm", found);
}

/** A disk of the cache, which may have been moved since its path was saved: its name tells what is on it. */
export async function baseNow(path: string, { bases }: Pick<Places, "bases">): Promise<string> {
  const here = join(bases, basename(path));
  return path !== here && !(await exists(path)) && (await exists(here)) ? here : path;
}

export const chainNow = (chain: readonly string[], places: Pick<Places, "bases">): Promise<string[]> =>
  Promise.all(chain.map((path) => baseNow(path, places)));

export interface Moved {
  readonly uuid: string;
  /** Where the machine is now. */
  readonly folder: string;
  readonly settings: string;
  /** The disks below its own, as they are now. */
  readonly chain: readonly string[];
}

/**
 * VirtualBox knows machines and disks by paths. After these were moved it is told of the same machine at its new place, by
 * the settings that it wrote itself: addresses of network cards, snapshots and all. Alone on this VirtualBox.
 */
export async function tellAnew(program: Program, places: Places, moved: Moved, signal: AbortSignal): Promise<void> {
  const { uuid, settings, chain } = moved;
  const text = await readFile(settings, "utf8");
  const paths = await pathsIn(text, moved, places);
  await program.find(["unregistervm", uuid], { signal });
  await forgetGone(program, signal);
  for (const type of ["dvd", "disk"] as const) await closeGone(program, type, new Set(paths.keys()), signal);
  const rewritten = text.replace(PATH, (whole, key, value) => {
    const now = paths.get(plain(value));
    return now === undefined ? whole : ` ${key}="${escaped(now)}"`;
  });
  await writeAtomic(settings, rewritten, 0o600);
  // What none that is registered stands on is forgotten with the service, which may end in between: then the reconciler comes again.
  await program.open(chain);
  await program.run(["registervm", settings], { signal });
}

/** Others that were moved with it would hold what they all stand on at its old path; each is told again in its turn. */
async function forgetGone(program: Program, signal: AbortSignal): Promise<void> {
  const { machines } = longList(await program.run(["list", "--long", "vms"], { signal }));
  for (const { uuid, settingsFile } of machines)
    if (folderOf(settingsFile, uuid) !== undefined && !(await exists(settingsFile)))
      await program.find(["unregistervm", uuid], { signal }).catch((thrown) => {
        // One that runs goes on.
        if (!isMachinistError(thrown)) throw thrown;
      });
}

const PATH = / (location|path)="([^"]+)"/g;
const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
};
const plain = (text: string): string => text.replace(/&\w+;/g, (entity) => ENTITIES[entity] ?? entity);
const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => Object.entries(ENTITIES).find(([, each]) => each === sign)?.[0] ?? sign);

/** Paths in the settings where nothing is any more, and where what was there is now. */
async function pathsIn(text: string, { folder }: Moved, places: Places): Promise<Map<string, string>> {
  const all = [...new Set([...text.matchAll(PATH)].map(([, , value = ""]) => plain(value)))].filter(isAbsolute);
  // Its folder's name is its owner tag, before the move and after it.
  const before = all.map((path) => upTo(path, basename(folder))).find((each) => each !== undefined);
  const paths = new Map<string, string>();
  for (const path of all) {
    if (await exists(path)) continue;
    const own = before === undefined ? [] : [join(dirname(folder), relative(dirname(before), path))];
    for (const now of [...own, join(places.bases, basename(path))])
      if (!paths.has(path) && (await exists(now))) paths.set(path, now);
  }
  return paths;
}

function upTo(path: string, name: string): string | undefined {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder))
    if (basename(folder) === name) return folder;
  return undefined;
}

/** Forget media at paths where they are no more: those that others stand on last. What is in use yet is closed by its own user. */
async function closeGone(
  program: Program,
  type: "disk" | "dvd",
  gone: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const known = media(await program.run(["list", type === "disk" ? "hdds" : "dvds"], { signal }));
  const left = new Set(known.map(({ path }) => path).filter((path) => gone.has(path)));
  for (let closed = true; closed && left.size > 0; ) {
    closed = false;
    for (const path of left)
      try {
        await program.run(["closemedium", type, path], { signal });
        left.delete(path);
        closed = true;
      } catch (thrown) {
        if (!isMachinistError(thrown)) throw thrown;
      }
  }
}
