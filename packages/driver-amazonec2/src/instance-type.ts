import { isMachinistError, MachinistError } from "@machinist/core";
import type { Account } from "./account.ts";
import type { InstanceState } from "./instance-state.ts";
import type { instanceLook } from "./look.ts";
import { setPower } from "./power.ts";
import { only } from "./tags.ts";

/** A machine is stopped to get another type, so that its zone has it is looked at before. */
export async function refuseUnoffered(
  account: Account,
  { place, zone }: InstanceState,
  type: string,
  signal: AbortSignal,
): Promise<void> {
  const request = { LocationType: "availability-zone" as const, ...only("instance-type", type) };
  const { InstanceTypeOfferings = [] } = await account.at(
    place,
    signal,
  )((ec2, o) => ec2.describeInstanceTypeOfferings(request, o));
  const zones = InstanceTypeOfferings.flatMap(({ Location }) => Location ?? []).sort();
  if (zones.includes(zone)) return;
  throw new MachinistError("amazonec2.instance-type-zone", `${zone}, where the machine is, has no ${type}`, {
    hint: `It is available in ${zones.join(", ") || "no zone of the region"}: give another --amazonec2-instance-type`,
  });
}

/** One that EC2 refuses all the same leaves the machine as it was: running. */
export async function changeType(
  account: Account,
  look: ReturnType<typeof instanceLook>,
  { place, id }: InstanceState,
  type: string,
  signal: AbortSignal,
): Promise<void> {
  const at = { place, id, signal };
  const ask = account.at(place, signal);
  await setPower(account, look, at, "stopped");
  try {
    await ask((ec2, o) => ec2.modifyInstanceAttribute({ InstanceId: id, InstanceType: { Value: type } }, o));
  } catch (error) {
    if (isMachinistError(error) && !error.retryable) await setPower(account, look, at, "running").catch(() => {});
    throw error;
  }
}
