import type { Data } from "../contract/data.ts";
import type { SavedResource } from "../contract/store.ts";
import type { Session } from "./session.ts";

/**
 * Look for an object whose request was announced. A new one may be hidden for a while (`consistencyWindowMs`), so an absence is
 * believed only when that time has passed since the announcement, by the store's clock: another computer, whose own
 * may be hours off, may have made it. Whoever cannot tell waits that long itself, and nobody waits longer.
 */
export async function find(session: Session, saved: SavedResource): Promise<Data | undefined> {
  const kind = session.kind(saved);
  const consistencyWindowMs = kind.consistencyWindowMs ?? 0;
  const began = session.clock.now();
  for (;;) {
    const asked = session.clock.now();
    const state = await session.read(saved, saved.generation, saved.state);
    if (state || consistencyWindowMs === 0) return state;
    const announced = await session.sinceAnnounced(saved, asked);
    const left = consistencyWindowMs - Math.max(announced, asked - began);
    if (left <= 0) return undefined;
    session.status(saved, "waiting", "a new object to become visible");
    await session.clock.sleep(Math.min(left, kind.pollIntervalMs ?? 1000), session.signal);
  }
}
