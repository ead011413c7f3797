import { basename, dirname } from "node:path";
import { type MachineCall, MachinistError, type Snapshot, type Snapshots } from "@machinist/core";
import { run } from "@machinist/programs";
import { type DiskState, diskPath } from "./disk.ts";
import type { Places } from "./paths.ts";
import { sendCommand } from "./qmp.ts";

interface CallContext {
  readonly snapshots?: readonly { readonly name: string; readonly "date-sec": number }[];
}

/**
 * Snapshots inside a machine's own qcow2: they take what is written afterwards, and end with the file. `socketOf`: where
 * the QEMU of a machine that runs listens.
 */
export const snapshots = (
  places: Pick<Places, "folder">,
  socketOf: (call: MachineCall) => Promise<string | undefined>,
): Snapshots => {
  /** Where it is now: its folder has the mark's name, and moves with the store. */
  const diskOf = ({ machine, states }: MachineCall): string => {
    const disk = states[`${machine}/disk`] as DiskState | undefined;
    if (disk) return diskPath(places.folder(`${machine}/disk`, basename(dirname(disk.path))));
    throw new MachinistError("qemu.incomplete", "The machine was never finished", {
      hint: "Bring it into line first: machinist up, or machinist create with the same name",
    });
  };
  return {
    async list(call): Promise<Snapshot[]> {
      // Shared: a machine that runs has the file open, and the list in its header is whole at any time.
      const text = await run(["qemu-img", "info", "-U", "--output=json", diskOf(call)], call);
      const { snapshots: all = [] } = JSON.parse(text) as CallContext;
      return all.map((each) => ({ name: each.name, takenAt: each["date-sec"] * 1000 }));
    },
    take: async (call, name) => void (await run(["qemu-img", "snapshot", "-c", name, diskOf(call)], call)),
    restore: async (call, name) => void (await run(["qemu-img", "snapshot", "-a", name, diskOf(call)], call)),
    async remove(call, name) {
      const socket = await socketOf(call);
      const args = { device: "disk", name };
      if (socket && (await sendCommand(socket, "blockdev-snapshot-delete-internal-sync", args))) return;
      await run(["qemu-img", "snapshot", "-d", name, diskOf(call)], call);
    },
  };
};
