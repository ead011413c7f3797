import type { RunControl } from "../api.ts";
import { beyondReach } from "../beyond-reach.ts";
import { Operation } from "../operation.ts";
import type { Workspace } from "../workspace.ts";

/** Those machines whose own host does not answer, in the order given. */
export async function unreachable(
  workspace: Workspace,
  names: readonly string[],
  { signal = new AbortController().signal }: RunControl,
): Promise<string[]> {
  const operation = new Operation(workspace, () => {}, signal);
  try {
    const found = await Promise.all(
      names.map(async (name) => {
        const record = await workspace.record(name);
        // Nothing is known of what a driver that is not here has made.
        const found = await beyondReach(workspace, record, operation.services.hosts, signal).catch(() => undefined);
        return found ? [name] : [];
      }),
    );
    return found.flat();
  } finally {
    await operation.close();
  }
}
