import { asMachinistError, backoffMs, type HookSpec, type MachinistError, systemClock } from "@machinist/core";
import { act } from "./actions/act.ts";
import type { HookNotification } from "./payload.ts";
import type { ActionWorld } from "./world.ts";

/** Waits between two tries: half a second, doubling up to half a minute. */
const backoff = { attempts: Number.POSITIVE_INFINITY, baseMs: 1000, capMs: 30_000 };

/**
 * Tell a hook once, trying again as often as it allows. Resolves to why it failed, or to nothing; throws only
 * `cancelled`, when the run is.
 */
export async function deliver(
  hook: HookSpec,
  notice: HookNotification,
  world: ActionWorld,
): Promise<MachinistError | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      await act(hook, notice, attempt, world);
      return undefined;
    } catch (thrown) {
      if (world.signal.aborted) throw thrown;
      const error = asMachinistError(thrown);
      if (attempt > hook.retries) return error;
      const wait = backoffMs(backoff, attempt, error, Math.random);
      const message = `Hook ${hook.name} failed: ${error.message}; again in ${(wait / 1000).toFixed(1)} s`;
      world.emit({ type: "log", id: notice.machine?.name ?? "", level: "info", message });
      await systemClock.sleep(wait, world.signal);
    }
  }
}
