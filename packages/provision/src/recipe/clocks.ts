import { MachinistError } from "@machinist/core";
import type { Reach } from "../host/reach.ts";

/** Certificates are dated back by more than this, so that smaller differences do no harm, in s. */
const HARMLESS_S = 240;

/**
 * Throws `provision.clock` where the clocks of a host and of this computer are too far apart for one to take the other's
 * new certificates for valid. A host that does not tell its time is left to other checks.
 */
export async function compareClocks(reach: Reach, machine: string): Promise<void> {
  const before = Date.now();
  const { code, stdout } = await reach.run(["date", "+%s"]);
  const ours = (before + Date.now()) / 2000;
  const theirs = Number(stdout.trim());
  if (code !== 0 || !Number.isSafeInteger(theirs) || theirs === 0) return;
  const apart = Math.round(theirs - ours);
  if (Math.abs(apart) <= HARMLESS_S) return;
  const how = apart > 0 ? "ahead of" : "behind";
  throw new MachinistError(
    "provision.clock",
    `The clock of ${machine} is ${span(Math.abs(apart))} ${how} this computer's: certificates are not valid yet for one of them`,
    {
      hint: `Set the wrong one right: machinist ssh ${machine} timedatectl set-ntp true. Then: machinist provision ${machine}`,
    },
  );
}

const span = (seconds: number): string =>
  seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
