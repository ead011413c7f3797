import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { imageCache, labFolder } from "./run-folder.ts";

/**
 * $1 the tree, then folders that are seen in it under the same path as outside. Whoever is in here has a /tmp of his own,
 * where VirtualBox's programs find each other, and process ids of his own: all end with the first.
 */
const SCRIPT = `set -e
tree=$1
shift
mount -t proc proc "$tree/proc"
mount --rbind /dev "$tree/dev"
mount -t tmpfs tmpfs "$tree/tmp"
for folder; do mount --bind "$folder" "$tree$folder"; done
echo ready
exec sleep infinity
`;

/** A place where VirtualBox's programs run, apart from everything else. */
export interface Room {
  /** The beginning of a command line that runs a program of the tree in it. */
  readonly prefix: readonly string[];
  /** End every process in it, its VBoxSVC among them. */
  close(): Promise<void>;
}

export async function openRoom(tree: string, env: Readonly<Record<string, string>>): Promise<Room> {
  const folders = [labFolder(), imageCache()];
  for (const folder of folders) for (const each of [folder, join(tree, folder)]) mkdirSync(each, { recursive: true });
  const enter = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child=KILL"];
  // Were this process killed, the room would end too.
  const keeper = spawn("setpriv", ["--pdeathsig", "KILL", ...enter, "sh", "-c", SCRIPT, "sh", tree, ...folders], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => keeper.once("close", () => resolve()));
  const pid = await firstProcess(keeper);
  const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return {
    prefix: ["nsenter", "-t", String(pid), "-m", "-p", "--", "chroot", tree, "env", "-i", ...words],
    async close() {
      keeper.kill("SIGKILL");
      await ended;
    },
  };
}

/** Wait until the mounts are there; the pid, seen from outside, of what holds them. */
async function firstProcess(keeper: ChildProcess): Promise<number> {
  const { readFile } = await import("node:fs/promises");
  let said = "";
  await new Promise<void>((resolve, reject) => {
    keeper.stdout?.setEncoding("utf8").on("data", (text: string) => text.includes("ready") && resolve());
    keeper.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    keeper.once("error", reject);
    keeper.once("close", () => reject(new Error(`The room for VirtualBox cannot be made: ${said}`)));
  });
  const children = await readFile(`/proc/${keeper.pid}/task/${keeper.pid}/children`, "utf8");
  return Number(children.trim().split(" ")[0]);
}
