import { cancelled } from "../clock.ts";
import type { RollingGroup } from "../contract/resource.ts";
import { MachinistError } from "../error.ts";

interface Place {
  limit: number;
  /** Who is out of service, and whether it is known not to come back. */
  readonly out: Map<string, "working" | "lost">;
  waiting: Waiting[];
}
interface Waiting {
  readonly id: string;
  readonly go: () => void;
  readonly stop: (reason: unknown) => void;
}

/** Who of which rolling group is out of service, and who waits for that. Runs that change the same groups share one. */
export class RolloutLimiter {
  readonly #places = new Map<string, Place>();

  /** Count it as out of service at once, whatever the limit: it is so already, and need not wait any longer to be. */
  occupy(id: string, groups: readonly RollingGroup[]): void {
    for (const group of groups) {
      const place = this.#place(group);
      if (!place.out.has(id)) place.out.set(id, "working");
      const waited = place.waiting.filter((each) => each.id === id);
      place.waiting = place.waiting.filter((each) => each.id !== id);
      for (const { go } of waited) go();
    }
  }

  /** Wait until it may go out of service. Throws `rolling.stopped` where those that are out do not come back. */
  async take(id: string, groups: readonly RollingGroup[], signal: AbortSignal, onWait: () => void): Promise<void> {
    try {
      for (const group of groups) await this.#takeIn(this.#place(group), id, signal, onWait);
    } catch (error) {
      this.leave(id, true);
      throw error;
    }
  }

  /** It serves again, or is gone for good; `back: false`: it failed, and keeps its place. */
  leave(id: string, back: boolean): void {
    for (const place of this.#places.values()) {
      if (!place.out.has(id)) continue;
      if (back) place.out.delete(id);
      else place.out.set(id, "lost");
      this.#next(place);
    }
  }

  #place({ name, limit }: RollingGroup): Place {
    const known = this.#places.get(name) ?? { limit, out: new Map(), waiting: [] };
    known.limit = Math.max(1, limit);
    this.#places.set(name, known);
    return known;
  }

  async #takeIn(place: Place, id: string, signal: AbortSignal, onWait: () => void): Promise<void> {
    if (place.out.has(id)) return;
    if (signal.aborted) throw cancelled(signal.reason);
    if (place.waiting.length === 0 && place.out.size < place.limit) {
      place.out.set(id, "working");
      return;
    }
    onWait();
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        place.waiting = place.waiting.filter((each) => each !== waiting);
        reject(cancelled(signal.reason));
      };
      const settle = (then: () => void) => {
        signal.removeEventListener("abort", onAbort);
        then();
      };
      const waiting: Waiting = { id, go: () => settle(resolve), stop: (reason) => settle(() => reject(reason)) };
      signal.addEventListener("abort", onAbort, { once: true });
      place.waiting.push(waiting);
      this.#next(place);
    });
  }

  #next(place: Place): void {
    while (place.waiting.length > 0 && place.out.size < place.limit) {
      const next = place.waiting.shift()!;
      place.out.set(next.id, "working");
      next.go();
    }
    const lost = [...place.out].filter(([, state]) => state === "lost").map(([id]) => id);
    if (lost.length < place.limit) return;
    for (const { id, stop } of place.waiting.splice(0)) stop(stopped(id, lost));
  }
}

const stopped = (id: string, lost: readonly string[]) =>
  new MachinistError("rolling.stopped", `${id} is left in service: ${lost.join(", ")} did not come back into it`, {
    hint: "Put that right, then run the same command again",
  });
