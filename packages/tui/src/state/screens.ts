import type { Form } from "./form.ts";
import type { PlanView } from "./plan-rows.ts";
import type { Container, ListPosition, Row } from "./rows.ts";

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

/** Tabs whose rows, or some of them, are asked of the machine while they are open. */
export const askedTabs: readonly Tab[] = [
  "resources",
  "engine",
  "containers",
  "images",
  "volumes",
  "nodes",
  "services",
  "tasks",
];

/** What a tab's engine answered last. */
export interface Answer {
  readonly rows: readonly Row[];
  /** Why there was no answer. Rows of an earlier one stay. */
  readonly failure?: string;
}

export interface MachinesScreen {
  readonly name: "machines";
  readonly place: ListPosition;
}
export interface MachineScreen {
  readonly name: "machine";
  readonly machine: string;
  readonly tab: Tab;
  readonly place: ListPosition;
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
  readonly place: ListPosition;
}

export interface FormScreen {
  readonly name: "form";
  readonly form: Form;
  readonly place: ListPosition;
}

export interface PlanScreen {
  readonly name: "plan";
  readonly view: PlanView;
  readonly place: ListPosition;
}

export type Screen = MachinesScreen | MachineScreen | LogScreen | HelpScreen | FormScreen | PlanScreen;
