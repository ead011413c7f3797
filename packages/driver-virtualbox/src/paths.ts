import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Call, type DriverContext, isFleetScope, type OwnedResource, scopeOf } from "@machinist/core";
import { longList, type MachineInfo, media } from "./listing.ts";
import type { Program } from "./program.ts";

/** The one folder below a machine's own that VirtualBox's files of it are in. */
const FOLDER = "virtualbox";
const DISK = /^machinist-([a-z0-9-]+)\.vdi$/;

export interface Places {
  readonly images: string;
  /** Images that any store of this user may have. */
  readonly sharedImages: string | undefined;
  readonly bases: string;
  /** A machine's folder: what is known of it, its seed, and in `vm` what VirtualBox keeps. */
  machine(call: Pick<Call, "id" | "owner">, listed?: string): string;
  disk(call: Pick<Call, "id" | "owner">, listed?: string): string;
}

export function placesOf({
  cacheDir,
  sharedDir,
  machineDir,
}: Pick<DriverContext, "cacheDir" | "sharedDir" | "machineDir">): Places {
  // What no record knows is where it was listed; a machine of this store never where it was saved: its folder moves with
  // the store, and what is looked at must be what is removed.
  const at = (id: string, listed: string | undefined, name: string) =>
    isFleetScope(scopeOf(id)) && listed !== undefined ? listed : join(machineDir(scopeOf(id)), FOLDER, name);
  return {
    images: join(cacheDir, "images"),
    sharedImages: sharedDir && join(sharedDir, "images"),
    bases: join(cacheDir, "virtualbox"),
    machine: ({ id, owner }, listed) => at(id, listed, owner),
    disk: ({ id, owner }, listed) => at(id, listed, `machinist-${owner}.vdi`),
  };
}

/**
 * The UUID of an owner's machine. It goes into the request that makes the machine, so no second one can be made with the
 * same mark, and nobody else's machine can be taken for it.
 */
export function uuidOf(owner: string): string {
  const hex = createHash("sha256").update(`machinist:${owner}`).digest("hex");
  const variant = ((Number.parseInt(hex[16] ?? "0", 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join("-");
}

/** The folder in a settings file's path whose name is the mark that the UUID comes from. */
export function folderOf(settingsFile: string, uuid: string): string | undefined {
  for (let folder = dirname(settingsFile); folder !== dirname(folder); folder = dirname(folder))
    if (uuidOf(basename(folder)) === uuid) return folder;
  return undefined;
}

/** Everything in this user's VirtualBox that carries one: machines, then the disks they stand on. */
export async function markedObjects(program: Program, signal: AbortSignal): Promise<OwnedResource[]> {
  const found = longList(await program.run(["list", "--long", "vms"], { signal }));
  const vms = found.machines.flatMap(({ uuid, settingsFile, groups }) => {
    const folder = folderOf(settingsFile, uuid);
    if (folder === undefined) return [];
    const fleet = groups.startsWith("/machinist/") ? groups.slice("/machinist/".length) : "";
    const label = `${basename(settingsFile, ".vbox")} ${uuid}`;
    return [{ kind: "virtualbox.vm", owner: basename(folder), fleet, label, state: { uuid, folder } }];
  });
  const disks = media(await program.run(["list", "hdds"], { signal })).flatMap(({ path, uuid }) => {
    const owner = DISK.exec(basename(path))?.[1];
    return owner === undefined
      ? []
      : [{ kind: "virtualbox.disk", owner, fleet: "", label: path, state: { path, uuid, chain: [] } }];
  });
  return [...vms, ...disks];
}

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** States in which no process runs it. */
const OFF = ["inaccessible", "unregistered", "poweroff", "aborted", "saved", "aborted-saved", "teleported"];
export const isOff = ({ power }: Pick<MachineInfo, "power">): boolean => OFF.includes(power);
