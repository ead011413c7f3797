import { MachinistError, type Output } from "@machinist/core";

const FULL = /No space left on device|have enough free space|Disk quota exceeded|insufficient space/i;

/** The error for what goes wrong in the same way in every step; undefined for anything else. */
export function failure(output: Output, machine: string): MachinistError | undefined {
  const text = `${output.stderr}\n${output.stdout}`;
  const line = text.split("\n").find((candidate) => FULL.test(candidate));
  if (line === undefined) return undefined;
  return new MachinistError("provision.disk-full", `The disk of ${machine} is full: ${line.trim()}`, {
    hint: `Free some space (machinist ssh ${machine} df -h), then type the same command again.`,
  });
}

/** The last lines of an output that say something, for an error's cause. */
export function lastLines(output: Output, count = 12): string {
  const lines = `${output.stdout}\n${output.stderr}`.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-count).join("\n");
}

/** The exit code of the apply script where all is done, and a Swarm that locks itself did not take its key again. */
export const STILL_LOCKED = 74;

export const stillLocked = (machine: string): MachinistError =>
  new MachinistError(
    "provision.swarm-locked",
    `Docker on ${machine} was restarted, and its Swarm is locked: it did not take the key that it told before`,
    { hint: `Unlock it by hand: machinist ssh ${machine} docker swarm unlock` },
  );
