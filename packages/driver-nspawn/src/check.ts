import { readFile, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { MachinistError } from "@machinist/core";
import { findProgram } from "@machinist/programs";
import { exists } from "./registry.ts";

/** Programs needed, and the Debian package each comes with. */
const TOOLS: readonly (readonly [program: string, debianPackage: string])[] = [
  ["systemd-nspawn", "systemd-container"],
  ["mmdebstrap", "mmdebstrap"],
  ["ip", "iproute2"],
  ["iptables", "iptables"],
  ["ssh-keygen", "openssh-client"],
  ["unshare", "util-linux"],
  ["setpriv", "util-linux"],
];

/** An image takes about 0.6 GB, Docker's own data comes on top. */
const LEAST_FREE_BYTES = 2 * 2 ** 30;

export interface Surroundings {
  readonly platform: string;
  readonly uid: number;
  readonly missing: readonly string[];
  readonly overlay: boolean;
  readonly freeBytes: number;
  readonly folder: string;
  /** The file system type of the folder is itself an overlay, which cannot carry another one's changes. */
  readonly onOverlay: boolean;
}

/** What stands in the way of machines here, as the first error to solve. Pure. */
export function validate(seen: Surroundings): MachinistError | undefined {
  if (seen.platform !== "linux")
    return new MachinistError("nspawn.platform", "The nspawn driver works on Linux only", {
      hint: "Choose another driver, for example qemu or generic",
    });
  if (seen.uid !== 0)
    return new MachinistError("nspawn.root", "Machine containers can be made by root only", {
      hint: "Run the same command with sudo -E",
    });
  if (seen.missing.length > 0) {
    const packages = TOOLS.filter(([program]) => seen.missing.includes(program)).map(([, each]) => each);
    return new MachinistError("nspawn.tools", `Programs are missing: ${seen.missing.join(", ")}`, {
      hint: `apt-get install ${[...new Set(packages)].join(" ")}`,
    });
  }
  if (!seen.overlay || seen.onOverlay)
    return new MachinistError(
      "nspawn.overlay",
      seen.overlay
        ? `${seen.folder} lies on an overlay file system, which cannot carry machines`
        : "This kernel has no overlay file system",
      {
        hint: seen.overlay ? "Name a folder on a disk with --storage-path" : "Load it: modprobe overlay",
      },
    );
  if (seen.freeBytes < LEAST_FREE_BYTES)
    return new MachinistError("nspawn.disk", `${seen.folder} has ${Math.floor(seen.freeBytes / 2 ** 20)} MiB left`, {
      hint: "Free some space: 2 GiB are needed for an image and a machine",
    });
  return undefined;
}

/** Look at this computer. Changes nothing. */
export async function survey(folder: string): Promise<Surroundings> {
  const platform = process.platform;
  const uid = process.getuid?.() ?? -1;
  if (platform !== "linux")
    return { platform, uid, missing: [], overlay: true, freeBytes: Infinity, folder, onOverlay: false };
  const existing = await existingFolder(folder);
  const disk = await statfs(existing);
  const filesystems = await readFile("/proc/filesystems", "utf8");
  const missing: string[] = [];
  for (const [program] of TOOLS) if (!findProgram(program)) missing.push(program);
  return {
    platform,
    uid,
    missing,
    overlay: /\boverlay\b/.test(filesystems),
    freeBytes: disk.bavail * disk.bsize,
    folder: existing,
    onOverlay: disk.type === 0x794c7630,
  };
}

async function existingFolder(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder))
    if ((await exists(folder)) || folder === dirname(folder)) return folder;
}
