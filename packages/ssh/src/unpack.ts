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
        await makeWay(root, join(path, "."), true);
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
  if (posix.isAbsolute(target) || !isInside(root, resolve(dirname(path), target)))
    throw refused(header.name, `it is a link that leads out of the folder, to ${target}`);
  return target;
}

async function hardLink(root: string, path: string, header: Header): Promise<void> {
  const source = locate(root, header.linkname ?? "");
  await makeWay(root, source);
  await makeWay(root, path);
  if (!(await lstat(source)).isFile()) throw refused(header.name, "it is a link to what is no file");
  await link(source, path);
}

/** Makes the folders above a path (or the path itself), none of which may be a link, and clears what is in its place. */
async function makeWay(root: string, path: string, itself = false): Promise<void> {
  const parts = relative(root, itself ? path : dirname(path))
    .split(sep)
    .filter(Boolean);
  let at = root;
  for (const part of parts) {
    at = join(at, part);
    const there = await lstat(at).catch(() => undefined);
    if (there === undefined) await mkdir(at, { mode: 0o700 });
    else if (!there.isDirectory()) throw refused(relative(root, path), `${at} is in the way`);
  }
  if (!itself && path !== root) {
    const there = await lstat(path).catch(() => undefined);
    if (there !== undefined && !there.isDirectory()) await rm(path);
  }
}

function refused(name: string, why: string): MachinistError {
  return new MachinistError("ssh.download", `"${name}" from the host is refused: ${why}`, {
    hint: "Look at what is in the folder on the host before you copy it.",
  });
}
