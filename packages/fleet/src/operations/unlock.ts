import { holderWords, isFleetScope, MachinistError } from "@machinist/core";
import type { StoreLock } from "../api.ts";
import type { Workspace } from "../workspace.ts";

/** Free locks as they were found. Throws `store.in-use` where one's holder lives. */
export async function unlock(workspace: Workspace, locks: readonly StoreLock[]): Promise<readonly string[]> {
  const used = locks.find(({ standing }) => standing === "alive");
  if (used?.holder)
    throw new MachinistError(
      "store.in-use",
      `${used.name} is in use by a running process (${holderWords(used.holder)})`,
      {
        hint: `Wait until it is done, or end process ${used.holder.pid} where it runs: that frees the lock`,
      },
    );
  const freed: string[] = [];
  for (const lock of locks) if (await workspace.store.unlock(lock)) freed.push(lock.name);
  return freed;
}

/** The machines among what locks are of. */
export const machinesLocked = (locks: readonly StoreLock[], machines: readonly string[]): string[] =>
  locks.flatMap(({ name }) => (!isFleetScope(name) && machines.includes(name) ? [name] : []));
