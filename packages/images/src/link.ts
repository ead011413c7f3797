import { constants, copyFile, link, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** Where no link can be made: another file system, one without links, or one that has too many to this file. */
const UNLINKABLE = new Set(["EXDEV", "EPERM", "ENOTSUP", "EOPNOTSUPP", "EMLINK"]);

/** Have an image's folder under another path as well, at once and whole: linked where that is possible, else copied. */
export async function linkImage(from: string, to: string): Promise<void> {
  const draft = `${to}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  for (const name of await readdir(from)) await linked(join(from, name), join(draft, name));
  await rm(to, { recursive: true, force: true });
  await rename(draft, to);
}

async function linked(from: string, to: string): Promise<void> {
  await link(from, to).catch(async (thrown: NodeJS.ErrnoException) => {
    if (!UNLINKABLE.has(thrown.code ?? "")) throw thrown;
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  });
}
