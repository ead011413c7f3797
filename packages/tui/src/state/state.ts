import type { MachineState } from "@machinist/core";
import type { KeptEvent, MachineInfo } from "@machinist/fleet";
import type { Question, Work } from "./effect.ts";
import type { Screen } from "./screens.ts";
import type { Sort } from "./sort.ts";
import type { Table } from "./table.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What an engine says of itself and of its Swarm. */
export interface EngineFacts {
  readonly version: string;
  readonly running: number;
  readonly containers: number;
  readonly images: number;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly storageDriver: string;
  readonly system: string;
  /** The id of its node; absent where it is in no Swarm. */
  readonly node?: string;
  /** Asked of managers only: every node of the Swarm. */
  readonly nodes?: readonly NodeFacts[];
}

export interface NodeFacts {
  readonly id: string;
  readonly role: string;
  readonly availability: string;
  readonly state: string;
  readonly leader: boolean;
}

/** What a host itself uses, each as a share from 0 to 1; absent where it does not tell. */
export interface HostUse {
  /** Load of the last minute for each processor: may be above 1. */
  readonly load?: number;
  readonly memory?: number;
  readonly disk?: number;
}

/** What a machine costs while it exists. */
export interface Cost {
  readonly hourly: number;
  readonly currency: string;
}

/** How it stands with asking a machine's engine. */
export type Reach = "unasked" | "none" | "reached" | "unreachable";

/** A machine, as far as it is known by now. */
export interface Machine {
  readonly name: string;
  /** From the store; absent until it was read. */
  readonly info?: MachineInfo;
  /** Why its record cannot be read. */
  readonly broken?: string;
  readonly state: MachineState;
  /** Why its provider cannot tell the state. */
  readonly silent?: string;
  readonly reach: Reach;
  readonly engine?: EngineFacts;
  /** Why the engine did not answer the last time. */
  readonly refusal?: string;
  /** What an operation does to it now, from the events. */
  readonly activity?: string;
  /** Asked of those on the screen only. */
  readonly use?: HostUse;
  readonly cost?: Cost;
}

/** A line that is being typed. */
export interface Prompt {
  readonly kind: "filter" | "command" | "field";
  readonly text: string;
  /** Of a form's field: which one, and what it is called. */
  readonly field?: string;
  readonly label?: string;
}

export interface Notice {
  readonly level: "info" | "warn" | "error";
  readonly text: string;
  /** What to do about it. */
  readonly hint?: string;
}

export const themeNames = ["default", "light", "monochrome"] as const;
export type ThemeName = (typeof themeNames)[number];

/** Everything the screen is drawn from. Plain data; only `reduce` makes a new one. */
export interface State {
  readonly size: Size;
  /** A whole minute, ms since 1970: what is shown in days and hours need not be drawn again each second. */
  readonly now: number;
  readonly readOnly: boolean;
  readonly theme: ThemeName;
  /** `machinist`, with what leads to this store: how command lines that are shown begin. */
  readonly program: string;
  /** The store was looked at. */
  readonly loaded: boolean;
  readonly machines: ReadonlyMap<string, Machine>;
  /** The newest, oldest first. */
  readonly events: readonly KeptEvent[];
  /** The last is on top; there is always one. */
  readonly screens: readonly Screen[];
  readonly marked: ReadonlySet<string>;
  readonly folded: ReadonlySet<string>;
  readonly filter: string;
  readonly sort: Sort;
  readonly prompt?: Prompt;
  readonly question?: Question;
  readonly notice?: Notice;
  readonly works: readonly Work[];
  /** What the help lists. */
  readonly help: Table;
}

export interface Beginning {
  readonly size: Size;
  readonly now: number;
  readonly readOnly: boolean;
  readonly theme: ThemeName;
  readonly program: string;
  readonly help: Table;
}

export const begin = ({ now, ...given }: Beginning): State => ({
  ...given,
  now: wholeMinute(now),
  loaded: false,
  machines: new Map(),
  events: [],
  // The first row is a heading.
  screens: [{ name: "machines", place: { index: 1, top: 0 } }],
  marked: new Set(),
  folded: new Set(),
  filter: "",
  sort: { by: "name", down: false },
  works: [],
});

export const wholeSecond = (at: number): number => at - (at % 1000);
export const wholeMinute = (at: number): number => at - (at % 60_000);

/** The screen on top. */
export const topOf = (state: State): Screen => state.screens[state.screens.length - 1]!;
