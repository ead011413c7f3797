import type { Event, EventBody } from "./contract/event.ts";
import type { Run } from "./contract/run.ts";

/**
 * Start `work` and return it as a {@link Run}. Events are kept until the first watcher asks, so that one who starts to
 * watch at once misses nothing; with nobody watching only the last `backlog` are kept.
 */
export function startRun<T>(
  work: (emit: (event: EventBody) => void) => Promise<T>,
  now: () => number = Date.now,
  backlog = 10_000,
): Run<T> {
  const events: Event[] = [];
  let first = 0; // index of events[0] in the whole stream
  let finished = false;
  let wake: (() => void)[] = [];
  const notify = () => {
    const sleepers = wake;
    wake = [];
    for (const resume of sleepers) resume();
  };
  const emit = (body: EventBody) => {
    events.push({ at: now(), ...body });
    if (events.length > backlog * 2) first += events.splice(0, events.length - backlog).length;
    notify();
  };
  const result = work(emit).finally(() => {
    finished = true;
    notify();
  });
  // An embedder may watch the events and look at the result later, or never: that is no unhandled rejection.
  result.catch(() => {});
  return {
    result,
    async *[Symbol.asyncIterator]() {
      for (let next = first; ; ) {
        if (next < first) next = first;
        const event = events[next - first];
        if (event) {
          next++;
          yield event;
        } else if (finished) return;
        else await new Promise<void>((resolve) => wake.push(resolve));
      }
    },
  };
}
