import type { Event } from "@machinist/core";

/** Shows an operation while it runs. Knows nothing but its events. */
export interface Renderer {
  show(event: Event): void;
  /** Leave the terminal to a question; the next event goes on below it. */
  pause?(): void;
  /** Draw the last state and give the terminal back. Safe to call twice. */
  end(): void;
}
