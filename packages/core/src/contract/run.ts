import type { Event } from "./event.ts";

/** An operation under way: watch it (`for await`), await its `result`, or both. Not watching it does not stop it. */
export interface Run<T> extends AsyncIterable<Event> {
  readonly result: Promise<T>;
}
