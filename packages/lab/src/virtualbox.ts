import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Execution, local } from "./execute.ts";
import { sweep } from "./hosts.ts";
import { closeRun, labFolder, openRun } from "./run-folder.ts";
import { missingPrograms, unavailable } from "./unavailable.ts";
import { openRoom } from "./virtualbox-room.ts";
import { Shim } from "./virtualbox-shim.ts";
import { virtualBoxTree } from "./virtualbox-tree.ts";

/** The real VirtualBox, with a registry of its own; machines that are started really run (QEMU carries them). */
export interface LabVirtualBox {
  /** `VBOXMANAGE` and `VBOX_USER_HOME`: what a program needs in order to use it. */
  readonly env: Readonly<Record<string, string>>;
  /** Machines and caches must lie in here, or in lab's cache: VirtualBox sees no other folders. */
  readonly folder: string;
  readonly prefix: string;
  /** Run VBoxManage, as anybody would. */
  manage(...args: string[]): Promise<Execution>;
  /** A machine's process ends as if it had crashed. */
  crash(uuid: string): Promise<void>;
  /** From now on VBoxManage fails; the result mends it. */
  breakDown(): () => void;
  /** End and remove everything. Safe to call twice. */
  dispose(): Promise<void>;
}

/** Why it cannot be had here, in a few words; undefined where it can. For tests that skip with a reason. */
export const virtualBoxUnavailable = (): string | undefined =>
  unavailable() ?? missingPrograms(["qemu-system-x86_64", "qemu-img", "nsenter", "chroot"]);

/** Throws where {@link virtualBoxUnavailable} gives a reason. */
export async function openVirtualBox(): Promise<LabVirtualBox> {
  const reason = virtualBoxUnavailable();
  if (reason !== undefined) throw new Error(`VirtualBox cannot be had here: ${reason}`);
  await sweep();
  const tree = await virtualBoxTree();
  const run = openRun(labFolder(), () => []);
  const home = join(run.path, "home");
  const room = await openRoom(tree, { VBOX_USER_HOME: home, LC_ALL: "C", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" });
  const shim = new Shim(run.path, [...room.prefix, "/usr/lib/virtualbox/VBoxManage"]);
  const broken = join(run.path, "broken");
  let disposed: Promise<void> | undefined;
  const dispose = async (): Promise<void> => {
    await shim.close();
    await room.close();
    closeRun(run.path);
  };
  return {
    env: { VBOXMANAGE: shim.program, VBOX_USER_HOME: home },
    folder: run.path,
    prefix: run.record.prefix,
    manage: (...args) => local([shim.program, ...args]),
    crash: async (uuid) => shim.guests.get(uuid)?.kill(),
    breakDown() {
      writeFileSync(broken, "");
      return () => rmSync(broken, { force: true });
    },
    dispose: () => (disposed ??= dispose()),
  };
}
