import { execFile } from "node:child_process";
import { mkdtemp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A file of a Debian package, which is downloaded and unpacked below `folder`, not installed. */
export async function fetchFromDebian(name: string, wanted: RegExp, folder: string): Promise<string> {
  const place = await mkdtemp(join(folder, `${name}-`));
  await run("apt-get", ["download", "-o", "APT::Sandbox::User=root", name], { cwd: place });
  const [archive] = (await readdir(place)).filter((each) => each.endsWith(".deb"));
  if (archive === undefined) throw new Error("apt-get download brought no package");
  await run("dpkg-deb", ["-x", join(place, archive), place]);
  const found = (await readdir(place, { recursive: true })).find((path) => wanted.test(path));
  if (found === undefined) throw new Error(`the package ${name} has no ${wanted}`);
  return join(place, found);
}
