import { constants } from "node:fs";
import { access, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { type Data, type DriverContext, MachinistError, type PlannedMachine } from "@machinist/core";
import { checkImage } from "@machinist/images";
import { type BaseProps, sourceOf } from "./base.ts";
import { checkRange, parseCidr } from "./host-network.ts";
import { blocks, machines } from "./listing.ts";
import { sharedFolder } from "./machine.ts";
import { exists, type Places } from "./paths.ts";
import { isFree, taken } from "./ports.ts";
import type { Program } from "./program.ts";
import { readMachineInfo } from "./read-machine.ts";
import { readUserData } from "./seed.ts";
import type { MachineProps } from "./settings.ts";

/** What a machine writes within its first minutes: more than a difference, less than its disk. */
const LEAST_FREE_BYTES = 2 * 2 ** 30;

export interface Wanted {
  readonly machine: PlannedMachine;
  readonly base: BaseProps;
  readonly props: MachineProps;
  readonly options: Data;
}

/** What stands in the way of a machine here, before anything is made. Changes nothing. */
export async function check(
  program: Program,
  places: Places,
  context: DriverContext,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<void> {
  const { machine, props, options } = wanted;
  judgeImage(wanted);
  judgeVersion(await program.run(["--version"], { signal }));
  if (options["no-vtx-check"] !== true) judgeProcessor(await program.run(["list", "hostinfo"], { signal }));
  await checkImage(sourceOf(wanted.base), places.images, signal, places.sharedImages);
  const ours = await checkName(program, context.machineDir(machine.name), machine.name, signal);
  if (props.userData !== "") await readUserData(props.userData);
  const [shared] = sharedFolder(props.share);
  if (shared && !(await exists(shared)))
    throw new MachinistError("virtualbox.share", `The folder ${shared} is not there`, {
      hint: "Make it, or give --virtualbox-share-folder another",
    });
  if (options["hostonly-cidr"]) await checkRange(parseCidr(String(options["hostonly-cidr"])));
  if (ours) return; // it holds its ports and its part of the disk itself
  for (const port of props.publish.map((each) => Number(each.split(":")[0])))
    if (!(await isFree(port))) throw taken(port);
  await checkDisk(context.machineDir(machine.name));
}

/** What two options ask for must go together. Pure. */
function judgeImage({ base, options }: Wanted): void {
  if (options["hostonly-cidr"] && base.from.startsWith("debian:"))
    throw new MachinistError(
      "virtualbox.host-image",
      "Disks that are built here take no fixed address from cloud-init",
      { hint: "For a host-only network give a cloud image: --virtualbox-image URL or path" },
    );
}

/** The first line may be a warning of the distribution's wrapper. Pure. */
export function judgeVersion(text: string): void {
  if (/vboxdrv/.test(text))
    throw new MachinistError("virtualbox.kernel-driver", "VirtualBox's kernel driver is not loaded", {
      hint: "Load it: sudo /sbin/vboxconfig (Debian: apt-get install virtualbox-dkms), then run the command again",
    });
  const [, major, minor] = /^(\d+)\.(\d+)\.\d+/m.exec(text) ?? [];
  if (Number(major) * 100 + Number(minor) >= 601) return;
  throw new MachinistError(
    "virtualbox.version",
    `VirtualBox is too old, or tells no version: ${text.trim().split("\n").at(-1)}`,
    {
      hint: "Install VirtualBox 6.1 or later",
    },
  );
}

/** Of `list hostinfo`. Where it cannot look it counts no processors, and nothing is known. Pure. */
export function judgeProcessor(text: string): void {
  const info = new Map(blocks(text).flatMap((block) => [...block]));
  if (Number(info.get("Processor count") ?? 0) === 0 || info.get("Processor supports HW virtualization") !== "no")
    return;
  throw new MachinistError("virtualbox.no-vtx", "This computer's processor does not offer VT-x or AMD-V", {
    hint: "Enable it in the firmware, or pass --virtualbox-no-vtx-check if you know better",
  });
}

/** VirtualBox lets two machines have one name, but no person could tell them apart. Whether it is ours already. */
async function checkName(program: Program, folder: string, name: string, signal: AbortSignal): Promise<boolean> {
  const named = machines(await program.run(["list", "vms"], { signal })).filter((each) => each.name === name);
  for (const { uuid } of named) {
    const info = await readMachineInfo(program, uuid, signal);
    if (info && !info.settingsFile.startsWith(folder))
      throw new MachinistError(
        "virtualbox.name-taken",
        `There is a VirtualBox machine ${name} that is not machinist's`,
        {
          hint: `Choose another name; this one is at ${info.settingsFile}`,
        },
      );
  }
  return named.length > 0;
}

async function checkDisk(folder: string): Promise<void> {
  let existing = folder;
  while (!(await exists(existing)) && existing !== dirname(existing)) existing = dirname(existing);
  await access(existing, constants.W_OK).catch((cause) => {
    throw new MachinistError("virtualbox.folder", `Nothing can be written to ${existing}`, {
      cause,
      hint: "Name another folder with --storage-path",
    });
  });
  const { bavail, bsize } = await statfs(existing);
  if (bavail * bsize < LEAST_FREE_BYTES)
    throw new MachinistError(
      "virtualbox.disk-full",
      `${existing} has ${Math.floor((bavail * bsize) / 2 ** 20)} MiB left`,
      {
        hint: "Free some space: a machine needs 2 GiB at least",
      },
    );
}
