import type { MachineState } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import type { Account } from "./account.ts";
import { type instanceLook, isGone } from "./look.ts";
import type { ProviderEndpoint } from "./provider-endpoint.ts";

/** EC2's words in ours. */
export const states: Readonly<Record<string, MachineState>> = {
  pending: "starting",
  running: "running",
  stopping: "stopping",
  stopped: "stopped",
  "shutting-down": "stopping",
};

export interface At {
  readonly place: ProviderEndpoint;
  readonly id: string;
  readonly signal: AbortSignal;
}

/** Start or stop, and wait until it is so. A machine on its way in the other direction is let arrive first. */
export async function setPower(
  account: Account,
  look: ReturnType<typeof instanceLook>,
  { place, id, signal }: At,
  wanted: "running" | "stopped",
  Force = false,
): Promise<void> {
  const ask = account.at(place, signal);
  for (let asked = false; ; ) {
    const found = await look({ place, id, fleet: "", owner: "" }, signal);
    const now = found?.State?.Name;
    if (!found || isGone(found) || now === "shutting-down")
      throw new MachinistError("amazonec2.gone", `The instance ${id} is gone`, {
        hint: "Run machinist up to create it again",
      });
    if (now === wanted) return;
    if (!asked && (now === "running" || now === "stopped" || (Force && now === "stopping"))) {
      asked = true;
      const InstanceIds = [id];
      if (wanted === "running") await ask((ec2, o) => ec2.startInstances({ InstanceIds }, o));
      else await ask((ec2, o) => ec2.stopInstances({ InstanceIds, Force }, o));
    }
    await account.clock.sleep(asked ? 1000 : 3000, signal);
  }
}
