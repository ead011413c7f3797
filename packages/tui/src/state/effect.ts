import type { Data, FleetSpec, PowerAction } from "@machinist/core";
import type { SavedPlan } from "@machinist/fleet";
import type { Container } from "./rows.ts";

export type ContainerVerb = "start" | "stop" | "restart" | "remove";

/** What keys and commands ask for that reaches beyond the screen. Data: whoever runs the dashboard does it. */
export type Effect =
  | { readonly what: "quit" }
  | { readonly what: "suspend" }
  | { readonly what: "refresh" }
  | { readonly what: "copy"; readonly text: string }
  | { readonly what: "shell"; readonly machine: string; readonly container?: Container }
  | { readonly what: "power"; readonly action: PowerAction; readonly machines: readonly string[] }
  /** Read a manifest, the one of this folder where none is named, and plan it. */
  | { readonly what: "plan"; readonly file: string }
  | { readonly what: "up"; readonly spec: FleetSpec; readonly plan?: SavedPlan }
  /** Look which drivers there are, and open the form. */
  | { readonly what: "new" }
  | {
      readonly what: "create";
      readonly names: readonly string[];
      readonly driver: string;
      readonly options: Data;
      readonly docker: boolean;
    }
  | { readonly what: "remove"; readonly machines: readonly string[] }
  | {
      readonly what: "container";
      readonly verb: ContainerVerb;
      readonly machine: string;
      readonly container: Container;
    };

/** What is asked before something ends: `lines` name all of it. */
export interface Question {
  readonly title: string;
  readonly lines: readonly string[];
  readonly effect: Effect;
}

/** Something under way. */
export interface Work {
  readonly id: number;
  readonly words: string;
}
