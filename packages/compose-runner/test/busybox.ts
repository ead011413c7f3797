import { execFile } from "node:child_process";
import { mkdtemp, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A static busybox from Debian's package, unpacked below `folder`; every image of these tests is made of it. */
export async function fetchBusybox(folder: string): Promise<string> {
  const place = await mkdtemp(join(folder, "busybox-"));
  await run("apt-get", ["download", "-o", "APT::Sandbox::User=root", "busybox-static"], { cwd: place });
  const [archive] = (await readdir(place)).filter((name) => name.endsWith(".deb"));
  if (archive === undefined) throw new Error("apt-get download brought no package");
  await run("dpkg-deb", ["-x", join(place, archive), place]);
  const found = (await readdir(place, { recursive: true })).find((path) => /(^|\/)bin\/busybox$/.test(path));
  if (found === undefined) throw new Error("the package has no busybox");
  return join(place, found);
}
