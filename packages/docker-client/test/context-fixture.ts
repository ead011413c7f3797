import { execFile } from "node:child_process";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TlsMaterial } from "../src/index.ts";
import { makeAuthority } from "./authority.ts";

/** Whether a docker command with contexts is installed. */
export const hasDockerCli = (): Promise<boolean> =>
  promisify(execFile)("docker", ["context", "ls"], { env: { ...process.env, DOCKER_HOST: "" } }).then(
    () => true,
    () => false,
  );

export function identity(): TlsMaterial {
  const authority = makeAuthority();
  return { ca: authority.cert, ...authority.client() };
}

/** `MODE TYPE PATH` (and content, when asked) of everything below a folder, sorted. */
export async function treeOf(folder: string, contents = false): Promise<string[]> {
  const lines: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const mode = ((await stat(path)).mode & 0o777).toString(8);
    const content = contents && entry.isFile() ? ` ${await readFile(path, "utf8")}` : "";
    lines.push(`${mode} ${entry.isFile() ? "f" : "d"} ${path.slice(folder.length + 1)}${content}`);
  }
  return lines.sort();
}
