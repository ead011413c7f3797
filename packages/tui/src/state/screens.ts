/** Where one is in a list: the row under the cursor, and the first one that is shown. */
export interface Place {
  readonly index: number;
  /** The row's own key: it is followed when rows come, go or change places. */
  readonly key?: string;
  readonly top: number;
}

export const atStart: Place = { index: 0, top: 0 };

/** The parts of a machine's detail, in the order of their keys 1 to 9. */
export const tabs = [
  "resources",
  "events",
  "engine",
  "containers",
  "images",
  "volumes",
  "nodes",
  "services",
  "tasks",
] as const;
export type Tab = (typeof tabs)[number];

/** Tabs whose rows are asked of the engine while they are open. */
export const askedTabs: readonly Tab[] = ["containers", "images", "volumes", "nodes", "services", "tasks"];

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

/** What a tab's engine answered last. */
export interface Answer {
  readonly rows: readonly Row[];
  /** Why there was no answer. Rows of an earlier one stay. */
  readonly failure?: string;
}

export interface MachinesScreen {
  readonly name: "machines";
  readonly place: Place;
}
export interface MachineScreen {
  readonly name: "machine";
  readonly machine: string;
  readonly tab: Tab;
  readonly place: Place;
  readonly answers: { readonly [tab in Tab]?: Answer };
}
export interface LogScreen {
  readonly name: "log";
  readonly machine: string;
  readonly container: Container;
  /** The newest lines, oldest first. */
  readonly lines: readonly string[];
  /** How many lines came before those. */
  readonly dropped: number;
  /** Stay at the end as lines come. */
  readonly follow: boolean;
  readonly top: number;
  /** Why no more lines come. */
  readonly ended?: string;
}
export interface HelpScreen {
  readonly name: "help";
  readonly place: Place;
}

export type Screen = MachinesScreen | MachineScreen | LogScreen | HelpScreen;
