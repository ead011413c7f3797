/** Where one is in a list: the row under the cursor, and the first one that is shown. */
export interface ListPosition {
  readonly index: number;
  /** The row's own key: it is followed when rows come, go or change places. */
  readonly key?: string;
  readonly top: number;
}

export const atStart: ListPosition = { index: 0, top: 0 };

/** How a row or a word is meant; the theme makes colours of it. */
export type Mood = "plain" | "good" | "busy" | "warn" | "bad" | "faint";

/** One line of a table. */
export interface Row {
  readonly key: string;
  readonly cells: readonly string[];
  readonly mood: Mood;
  /** A line that heads others: it goes over all columns. */
  readonly heading?: string;
  /** What acts work on, where the row stands for a container. */
  readonly container?: Container;
}

export interface Container {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
}
