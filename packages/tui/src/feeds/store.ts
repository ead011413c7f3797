import type { Input } from "../state/input.ts";
import { reduce } from "../state/reduce.ts";
import type { State } from "../state/state.ts";

/** Holds the state, and tells who wants to know when there is another. */
export class Store {
  #state: State;
  readonly #listeners = new Set<() => void>();

  constructor(state: State) {
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  dispatch(input: Input): void {
    const next = reduce(this.#state, input);
    if (next === this.#state) return;
    this.#state = next;
    for (const listener of this.#listeners) listener();
  }

  listen(listener: () => void): void {
    this.#listeners.add(listener);
  }
}
