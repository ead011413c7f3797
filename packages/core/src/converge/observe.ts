import type { Data } from "../contract/data.ts";
import type { SavedResource } from "../contract/store.ts";
import type { Session } from "./session.ts";

/**
 * Look for an object whose request was announced. A new one may be hidden for a while (`settleMs`), so an absence is
 * believed only when that time has passed since the announcement.
 */
export async function find(session: Session, saved: SavedResource): Promise<Data | undefined> {
  const kind = session.kind(saved);
  for (;;) {
    const state = await session.read(saved, saved.generation, saved.state);
    if (state) return state;
    const left = saved.intentAt + (kind.settleMs ?? 0) - session.clock.now();
    if (left <= 0) return undefined;
    session.status(saved, "waiting", "for a new object to become visible");
    await session.clock.sleep(Math.min(left, kind.pollMs ?? 1000), session.signal);
  }
}
