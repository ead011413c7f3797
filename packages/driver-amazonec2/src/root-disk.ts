import { MachinistError } from "@machinist/core";
import type { Ask } from "./account.ts";
import type { InstanceState } from "./instance-state.ts";

type Disk = Pick<InstanceState, "volumeId">;

/** GiB. */
async function sizeOf(ask: Ask, { volumeId }: Disk): Promise<number> {
  const { Volumes: [volume] = [] } = await ask((ec2, o) => ec2.describeVolumes({ VolumeIds: [volumeId] }, o));
  return volume?.Size ?? 0;
}

export async function refuseShrink(ask: Ask, disk: Disk, size: number): Promise<void> {
  const now = await sizeOf(ask, disk);
  if (now <= size) return;
  throw new MachinistError("amazonec2.disk-shrink", `The root disk has ${now} GiB and cannot shrink to ${size}`, {
    hint: `Give --amazonec2-root-size ${now} or more, or remove the machine and create it again`,
  });
}

/** Its file system grows at the next boot (cloud-init's growpart). */
export async function grow(ask: Ask, disk: Disk, size: number): Promise<void> {
  if ((await sizeOf(ask, disk)) >= size) return;
  await ask((ec2, o) => ec2.modifyVolume({ VolumeId: disk.volumeId, Size: size }, o));
}
