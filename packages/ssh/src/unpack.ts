import { createWriteStream } from "node:fs";
import { chmod, link, lstat, mkdir, rm, symlink } from "node:fs/promises";
import { dirname, join, posix, relative, resolve, sep } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { MachinistError } from "@machinist/core";
import type { Header } from "tar-stream";

/**
 * Unpacks a tar stream below a folder and nowhere else: names that lead out, links that point out and ways through
 * links are refused (`ssh.download`), since a host need not be honest. Devices and pipes are left out.
 */
export async function unpack(stream: Readable, folder: string): Promise<void> {
  const { extract } = (await import("tar-stream")).default;
  const root = resolve(folder);
  await mkdir(root, { recursive: true });
  const links: { path: string; target: string }[] = [];
  const folders: { path: string; mode: number }[] = [];
  const archive = extract();
  const read = async () => {
    for await (const entry of archive) {
      const { header } = entry;
      const path = locate(root, header.name);
      if (header.type === "file" || header.type === "contiguous-file") {
        await makeWay(root, path);
        await pipeline(
          entry as unknown as Readable,
          createWriteStream(path, { flags: "wx", mode: permissions(header) }),
        );
        await chmod(path, permissions(header));
        continue;
      }
      entry.resume();
      if (header.type === "directory") {
        await makeFolders(root, path);
        if (path !== root) folders.push({ path, mode: permissions(header) });
      } else if (header.type === "symlink") links.push({ path, target: checkTarget(root, path, header) });
      else if (header.type === "link") await hardLink(root, path, header);
    }
  };
  await Promise.all([pipeline(stream, archive as unknown as NodeJS.WritableStream), read()]);
  // Last, so that nothing is ever written through a link of the archive, or into a folder closed to us.
  for (const { path, target } of links) {
    await makeWay(root, path);
    await symlink(target, path);
  }
  for (const { path, mode } of folders.reverse()) await chmod(path, mode | 0o700);
}

const permissions = (header: Header): number => (header.mode ?? 0o644) & 0o777;

function locate(root: string, name: string): string {
  const path = resolve(root, name);
  if (name.startsWith("/") || name.split(/[/\\]/).includes("..") || !isInside(root, path))
    throw refused(name, "its name leads out of the folder");
  return path;
}

const isInside = (root: string, path: string): boolean => path === root || path.startsWith(root + sep);

function checkTarget(root: string, path: string, header: Header): string {
  const target = header.linkname ?? "";
  // A `..` behind a name would be taken from wherever that name leads, if it is a link itself.
  const names = target.split("/").filter((part) => part !== "" && part !== ".");
  const turnsBack = names.lastIndexOf("..") > names.findIndex((part) => part !== "..") && names.some((p) => p !== "..");
  if (posix.isAbsolute(target) || turnsBack || !isInside(root, resolve(dirname(path), target)))
    throw refused(header.name, `it is a link that leads out of the folder, to ${target}`);
  return target;
}

async function hardLink(root: string, path: string, header: Header): Promise<void> {
  const source = locate(root, header.linkname ?? "");
  await makeFolders(root, dirname(source));
  const there = await lstat(source).catch(() => undefined);
  if (there?.isFile() !== true || source === path) throw refused(header.name, "it is a link to what is no file");
  await makeWay(root, path);
  await link(source, path);
}

/** Makes the folder a path is in, and clears what is in the path's own place. */
async function makeWay(root: string, path: string): Promise<void> {
  await makeFolders(root, dirname(path));
  const there = await lstat(path).catch(() => undefined);
  if (there !== undefined && !there.isDirectory()) await rm(path);
}

/** Makes a folder and those above it, down from the root; what is there already has to be a folder, not a link to one. */
async function makeFolders(root: string, folder: string): Promise<void> {
  let at = root;
  for (const part of relative(root, folder).split(sep).filter(Boolean)) {
    at = join(at, part);
    const there = await lstat(at).catch(() => undefined);
    if (there === undefined) await mkdir(at, { mode: 0o700 });
    else if (!there.isDirectory()) throw refused(relative(root, folder), `${at} is in the way`);
  }
}

function refused(name: string, why: string): MachinistError {
  return new MachinistError("ssh.download", `"${name}" from the host is refused: ${why}`, {
    hint: "Look at what is in the folder on the host before you copy it.",
  });
}
