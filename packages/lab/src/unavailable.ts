import { accessSync, constants } from "node:fs";

const TOOLS = ["systemd-nspawn", "mmdebstrap", "ip", "iptables", "ssh", "ssh-keygen", "unshare", "setpriv"];
const FOLDERS = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/bin"];

/** Why real hosts cannot be had here, in a few words; undefined where they can. For tests that skip with a reason. */
export function unavailable(): string | undefined {
  if (process.platform !== "linux") return `machine containers need Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return "needs root, to run machine containers";
  return missingPrograms(TOOLS);
}

/** That some of these programs are not installed, in a few words; undefined where all are. */
export function missingPrograms(tools: readonly string[]): string | undefined {
  const missing = tools.filter((tool) => !FOLDERS.some((folder) => isThere(`${folder}/${tool}`)));
  return missing.length > 0 ? `missing programs: ${missing.join(", ")}` : undefined;
}

function isThere(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
