import { type Machinist, openMachinist } from "@machinist/fleet";
import type { Opening } from "../command.ts";

/** How long to wait for another process that works on the same machine, in ms: runners call many at once. */
const LOCK_WAIT_MS = 60_000;

/**
 * The store as machinist has it, one for the whole command: drivers put together what is asked for many machines at once.
 * Whoever began the command closes it.
 */
export const opened = (call: Opening): Promise<Machinist> => {
  call.shared.machinist ??= open(call, {});
  return call.shared.machinist;
};

/** One of its own, with secrets that were given for this command alone. The caller closes it. */
export const openedWith = (call: Opening, secrets: Readonly<Record<string, string>>): Promise<Machinist> =>
  open(call, secrets);

const open = ({ io, storePath, words }: Opening, secrets: Readonly<Record<string, string>>): Promise<Machinist> =>
  openMachinist({
    storagePath: storePath,
    env: { ...io.env, ...secrets },
    lockWaitMs: LOCK_WAIT_MS,
    command: ["docker-machine", ...words],
  });
