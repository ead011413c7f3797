import type { MachineState } from "@machinist/core";
import type { KeptEvent, MachineInfo } from "@machinist/fleet";
import type { Effect, Question } from "./effect.ts";
import type { DriverChoice } from "./form.ts";
import type { PlanView } from "./plan-rows.ts";
import type { Container } from "./rows.ts";
import type { Answer, Tab } from "./screens.ts";
import type { SortKey } from "./sort.ts";
import type { Cost, EngineFacts, HostUse, Notice, Size, ThemeName } from "./state.ts";

/** Everything that can change the screen: facts that feeds bring, and what keys mean. */
export type Input = FactInput | ListInput | ScreenInput | PromptInput | FormInput | WorkInput;

export type FactInput =
  | { readonly type: "resized"; readonly size: Size }
  | { readonly type: "clock"; readonly now: number }
  /** All machines there are. */
  | { readonly type: "names"; readonly names: readonly string[] }
  | { readonly type: "infos"; readonly infos: readonly MachineInfo[] }
  | { readonly type: "broken"; readonly machine: string; readonly message: string }
  | { readonly type: "power"; readonly machine: string; readonly state: MachineState; readonly silent?: string }
  | { readonly type: "engine"; readonly machine: string; readonly facts: EngineFacts }
  | { readonly type: "no-engine"; readonly machine: string }
  | { readonly type: "unreachable"; readonly machine: string; readonly message: string }
  | { readonly type: "use"; readonly machine: string; readonly use?: HostUse }
  | { readonly type: "costs"; readonly costs: ReadonlyMap<string, Cost> }
  | { readonly type: "journal"; readonly events: readonly KeptEvent[] }
  | { readonly type: "answer"; readonly machine: string; readonly tab: Tab; readonly answer: Answer }
  | { readonly type: "log"; readonly container: string; readonly lines: readonly string[] }
  | { readonly type: "log-ended"; readonly container: string; readonly why: string };

export type ListInput =
  | { readonly type: "move"; readonly by: number }
  | { readonly type: "page"; readonly by: number }
  | { readonly type: "jump"; readonly to: "start" | "end" }
  | { readonly type: "go-to"; readonly key: string }
  | { readonly type: "mark" }
  | { readonly type: "mark-all" }
  | { readonly type: "fold" }
  | { readonly type: "sort"; readonly by: SortKey }
  | { readonly type: "filter"; readonly text: string };

export type ScreenInput =
  | { readonly type: "open-machine"; readonly machine: string; readonly tab: Tab }
  | { readonly type: "tab"; readonly tab: Tab }
  | { readonly type: "open-log"; readonly machine: string; readonly container: Container }
  | { readonly type: "open-plan"; readonly view: PlanView }
  | { readonly type: "follow" }
  | { readonly type: "help" }
  /** One step out: what is on top goes, or else marks, or else the filter. */
  | { readonly type: "back" }
  | { readonly type: "home" }
  | { readonly type: "theme"; readonly name: ThemeName };

export type PromptInput =
  | { readonly type: "prompt"; readonly kind: "filter" | "command" }
  | { readonly type: "prompt-field"; readonly field: string; readonly label: string; readonly text: string }
  | { readonly type: "typed"; readonly text: string }
  /** The line is done: a filter holds, a command was run. */
  | { readonly type: "prompt-end"; readonly keep: boolean };

export type FormInput =
  | { readonly type: "open-form"; readonly drivers: readonly DriverChoice[] }
  /** Without a value it has its default again. */
  | { readonly type: "field"; readonly field: string; readonly value?: string };

export type WorkInput =
  | { readonly type: "ask"; readonly question: Question }
  | { readonly type: "answered" }
  | { readonly type: "notice"; readonly notice: Notice }
  | { readonly type: "work"; readonly id: number; readonly words: string }
  | { readonly type: "work-end"; readonly id: number; readonly notice?: Notice }
  /** Done by whoever runs the dashboard; the state does not change by it. */
  | { readonly type: "effect"; readonly effect: Effect };
