import { screenLines } from "./draw/screen-lines.ts";
import type { Store } from "./feeds/store.ts";
import { Canvas } from "./screen/canvas.ts";
import type { State } from "./state/state.ts";

/** What feeds bring is shown this often at most: nobody reads faster, and the computer has other work. */
const everyMs = 100;

/** Brings the state to the screen: at once for keys, a little later for facts, not at all where nothing has changed. */
export class Painter {
  readonly #store: Store;
  readonly #canvas: Canvas;
  #drawn: State | undefined;
  #timer: NodeJS.Timeout | undefined;
  #held = true;

  constructor(store: Store, write: (text: string) => void) {
    this.#store = store;
    this.#canvas = new Canvas(write);
    store.listen(() => this.soon());
  }

  /** The screen is ours, and nothing of it is known. */
  begin(): void {
    this.#held = false;
    this.#drawn = undefined;
    this.#canvas.forget();
    this.now();
  }

  /** The screen is somebody else's. */
  hold(): void {
    this.#held = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  soon(): void {
    if (!this.#held) this.#timer ??= setTimeout(() => this.now(), everyMs);
  }

  now(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { state } = this.#store;
    if (this.#held || state === this.#drawn) return;
    this.#drawn = state;
    this.#canvas.show(screenLines(state), state.size.columns);
  }
}
