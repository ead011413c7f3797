import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, posix, resolve } from "node:path";
import { type Host, MachinistError } from "@machinist/core";

export interface Copying {
  readonly recursive: boolean;
  readonly cwd: string;
  readonly signal: AbortSignal;
}

/** Copy a local file, or with `recursive` a folder, to a path on a host: into it where it is a folder. */
export async function upload(local: string, host: Host, remote: string, copying: Copying): Promise<void> {
  const source = resolve(copying.cwd, local);
  const found = await stat(source).catch((cause) => {
    throw new MachinistError("scp.not-found", `There is no ${source} here`, {
      cause,
      hint: "Check the path; a machine's files are written NAME:PATH",
    });
  });
  if (found.isDirectory() && !copying.recursive) throw isFolder(source);
  const target = fromHome(remote);
  const inside = target.endsWith("/") || target === "." || (await isRemoteFolder(host, target, copying.signal));
  const into = inside ? target : posix.dirname(target);
  const name = inside ? basename(source) : posix.basename(target);
  const files = found.isDirectory() ? await filesIn(source, name) : new Map([[name, source]]);
  await host.upload(files, into, { signal: copying.signal });
}

/** Copy a remote file, or with `recursive` a folder, to a local path: into it where it is a folder. */
export async function download(host: Host, remote: string, local: string, copying: Copying): Promise<void> {
  const source = fromHome(remote);
  if (!copying.recursive && (await isRemoteFolder(host, source, copying.signal)))
    throw isFolder(`${host.name}:${source}`);
  const target = resolve(copying.cwd, local);
  const inside =
    local.endsWith("/") ||
    (await stat(target).then(
      (found) => found.isDirectory(),
      () => false,
    ));
  await host.download(source, inside ? join(target, posix.basename(source)) : target, { signal: copying.signal });
}

/** From one machine to another by way of here: they need not reach each other. */
export async function relay(from: Host, source: string, to: Host, target: string, copying: Copying): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "machinist-scp-"));
  try {
    const name = posix.basename(fromHome(source));
    const here = join(folder, name === "." || name === ".." || name === "" ? "copy" : name);
    await download(from, source, here, copying);
    await upload(here, to, target, copying);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A remote path as SFTP takes it: relative ones are the home folder's. */
const fromHome = (path: string): string => (path === "" || path === "~" ? "." : path.replace(/^~\//, ""));

async function isRemoteFolder(host: Host, path: string, signal: AbortSignal): Promise<boolean> {
  return (await host.run(["test", "-d", path], { signal })).code === 0;
}

/** Every file below a folder, by its path from `prefix` on. What is neither file nor folder is left out. */
async function filesIn(folder: string, prefix: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(path))))
      files.set(
        posix.join(
          prefix,
          path
            .slice(folder.length + 1)
            .split("\\")
            .join("/"),
        ),
        path,
      );
  }
  return files;
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

const isFolder = (path: string): MachinistError =>
  new MachinistError("scp.is-folder", `${path} is a folder`, { hint: "Add -r to copy folders." });
