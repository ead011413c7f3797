import { asMachinistError } from "@machinist/core";
import type { KeptEvent, Machinist } from "@machinist/fleet";
import { machinesIn } from "../state/event-words.ts";
import { mostEvents } from "../state/reduce-facts.ts";
import type { Store } from "./store.ts";

/** Events come in swarms: the screen gets them together. */
const togetherMs = 100;

/** Names of machines, as events tell of them. */
export interface JournalChange {
  /** Something of them may be otherwise now. */
  readonly touched: readonly string[];
  /** What was done to them is over. */
  readonly ended: readonly string[];
}

/** The events of all operations on this store, whoever runs them. */
export async function followJournal(
  machinist: Machinist,
  store: Store,
  signal: AbortSignal,
  onChange: (change: JournalChange) => void,
): Promise<void> {
  let waiting: KeptEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    timer = undefined;
    const events = waiting;
    waiting = [];
    store.dispatch({ type: "journal", events });
    onChange({ touched: namesIn(events.filter(touches)), ended: namesIn(events.filter(ends)) });
  };
  try {
    for await (const event of machinist.events({ follow: true, last: mostEvents, signal })) {
      // No more is kept than this, so no more is held back either.
      if (waiting.length >= mostEvents) waiting.shift();
      waiting.push(event);
      timer ??= setTimeout(flush, togetherMs);
    }
  } catch (thrown) {
    if (signal.aborted) return;
    const { message } = asMachinistError(thrown);
    store.dispatch({ type: "notice", notice: { level: "error", text: `Events cannot be read: ${message}` } });
  } finally {
    clearTimeout(timer);
  }
}

const touches = ({ type }: KeptEvent): boolean => type === "run" || type === "resource";
const ends = (event: KeptEvent): boolean =>
  (event.type === "run" && event.status !== "started") || (event.type === "power" && event.status === "done");

const namesIn = (events: readonly KeptEvent[]): string[] => [...new Set(events.flatMap(machinesIn))];
