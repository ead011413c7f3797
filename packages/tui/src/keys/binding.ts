import type { Input } from "../state/input.ts";
import { type State, topOf } from "../state/state.ts";

/** Where a key works. */
export type Where =
  | "anywhere"
  | "lists"
  | "machines"
  | "machine"
  | "containers"
  | "log"
  | "form"
  | "plan"
  | "on machines";

export interface Binding {
  /** Names as `decodeKeys` gives them; the first ones are shown. */
  readonly keys: readonly string[];
  readonly what: string;
  /** Two words for the bottom line, where it belongs there. */
  readonly short?: string;
  readonly where: Where;
  /** Refused in read-only mode. */
  readonly changes?: true;
  readonly inputs: (state: State) => readonly Input[];
}

/** Where one is, the narrowest first. */
export function placesOf(state: State): Where[] {
  const top = topOf(state);
  if (top.name === "machines") return ["machines", "on machines", "lists", "anywhere"];
  if (top.name === "help") return ["lists", "anywhere"];
  if (top.name === "plan") return ["plan", "lists", "anywhere"];
  if (top.name === "form") return ["form", "lists", "anywhere"];
  if (top.name === "log") return ["log", "lists", "anywhere"];
  return top.tab === "containers"
    ? ["containers", "machine", "on machines", "lists", "anywhere"]
    : ["machine", "on machines", "lists", "anywhere"];
}

export const note = (text: string, level: "info" | "warn" | "error" = "info"): Input => ({
  type: "notice",
  notice: { level, text },
});
