import { type Clock, type MachineState, MachinistError, systemClock } from "@machinist/core";
import { isRefusal } from "./plugin.ts";
import type { Session } from "./session.ts";
import { doingIn } from "./state.ts";

/** As long as docker-machine asks: sixty times, three seconds apart. */
const PATIENCE_MS = 180_000;
const LONGEST_PAUSE_MS = 3000;

/**
 * Wait until the plugin says that its machine is so: many plugins ask their provider for a change and return at once. While it
 * cannot tell it is asked again. Throws `plugin.state`.
 */
export async function until(
  session: Pick<Session, "ask">,
  wanted: MachineState,
  after: string,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<void> {
  const end = clock.now() + PATIENCE_MS;
  let last: MachineState = "unknown";
  for (let pause = 100; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    try {
      last = await doingIn(session);
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
    }
    if (last === wanted) return;
    if (clock.now() >= end) break;
    await clock.sleep(pause, signal);
  }
  const now = last === "unknown" ? "cannot tell what the machine does" : `says that the machine is ${last}`;
  throw new MachinistError(
    "plugin.state",
    `The plugin ${now}, ${PATIENCE_MS / 1000} s after ${after}; it should be ${wanted}`,
    { hint: "Look at its provider, then run the same command again" },
  );
}
