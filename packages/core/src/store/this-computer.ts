import { execFile } from "node:child_process";
import { readFile, statfs } from "node:fs/promises";
import { hostname, uptime } from "node:os";
import { promisify } from "node:util";

/**
 * What tells this boot of this computer from every other, also from another computer of the same name, and is the same
 * in all its containers; undefined where the system does not say. What listens here and refuses is dead only here.
 */
export async function bootId(): Promise<string | undefined> {
  try {
    if (process.platform === "linux") return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    if (process.platform === "darwin") return await printed("sysctl", "-n", "kern.bootsessionuuid");
    // A named pipe ends with its process, and so with its boot: it is enough to know the computer.
    if (process.platform === "win32") {
      const key = "HKLM\\SOFTWARE\\Microsoft\\Cryptography";
      const guid = (await printed("reg", "query", key, "/v", "MachineGuid"))?.split(/\s+/).at(-1);
      return guid && `${guid}-${hostname()}`;
    }
  } catch {}
  return undefined;
}

/** When this computer was started, ms since 1970. */
export const bootedAt = (): number => Date.now() - uptime() * 1000;

/** File systems of Linux whose disks one computer mounts at a time, by the numbers that statfs(2) gives them. */
const localTypes: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x9123683e, // btrfs
  0x58465342, // xfs
  0xf2f52010, // f2fs
  0x2fc12fc1, // zfs
  0xca451a4e, // bcachefs
  0x01021994, // tmpfs
  0x858458f6, // ramfs
  0x794c7630, // overlay
]);

/** Whether what is in a folder can only have been written by this computer. What is not known is not believed to be. */
export async function isLocal(folder: string): Promise<boolean> {
  if (process.platform !== "linux") return false;
  return statfs(folder).then(
    ({ type }) => localTypes.has(type >>> 0),
    () => false,
  );
}

async function printed(program: string, ...args: string[]): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)(program, args, { timeout: 5000 });
  return stdout.trim() || undefined;
}
