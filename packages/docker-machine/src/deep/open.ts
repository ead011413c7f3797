import { type Machinist, openMachinist } from "@machinist/fleet";
import type { Call } from "../command.ts";

/** How long to wait for another process that works on the same machine, in ms: runners call many at once. */
const LOCK_WAIT_MS = 60_000;

/** The store as machinist has it. The caller closes it. */
export const opened = (
  { io, storePath, words = [] }: Pick<Call, "io" | "storePath"> & { readonly words?: readonly string[] },
  secrets: Readonly<Record<string, string>> = {},
): Promise<Machinist> =>
  openMachinist({
    storagePath: storePath,
    env: { ...io.env, ...secrets },
    lockWaitMs: LOCK_WAIT_MS,
    command: ["docker-machine", ...words],
  });
