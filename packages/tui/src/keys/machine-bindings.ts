import type { PowerAction } from "@machinist/core";
import type { Effect } from "../state/effect.ts";
import { endsOf } from "../state/ends.ts";
import type { Input } from "../state/input.ts";
import type { Machine, State } from "../state/state.ts";
import { currentMachine, targets } from "../state/targets.ts";
import { type Binding, note } from "./binding.ts";

/** Acts on machines: those marked, or the one under the cursor. */
export const machineBindings: readonly Binding[] = [
  {
    keys: ["s"],
    what: "a shell on the machine",
    short: "shell",
    where: "on machines",
    changes: true,
    inputs: (state) => withMachine(state, ({ name }) => [effect({ what: "shell", machine: name })]),
  },
  { keys: ["t"], what: "start", where: "on machines", changes: true, inputs: (state) => powered(state, "start") },
  {
    keys: ["x"],
    what: "stop (asks first)",
    where: "on machines",
    changes: true,
    inputs: (state) => powered(state, "stop"),
  },
  {
    keys: ["r"],
    what: "restart (asks first)",
    where: "on machines",
    changes: true,
    inputs: (state) => powered(state, "restart"),
  },
  {
    keys: ["ctrl-k"],
    what: "kill: stop at once (asks first)",
    where: "on machines",
    changes: true,
    inputs: (state) => powered(state, "kill"),
  },
  { keys: ["ctrl-d"], what: "remove (asks first)", where: "on machines", changes: true, inputs: removal },
  {
    keys: ["c"],
    what: "copy the line that points docker at the machine",
    where: "on machines",
    inputs: (state) => withMachine(state, ({ name }) => [copy(`eval "$(${state.program} env ${name})"`)]),
  },
  {
    keys: ["y"],
    what: "copy the line that logs in",
    where: "on machines",
    inputs: (state) => withMachine(state, ({ name }) => [copy(`${state.program} ssh ${name}`)]),
  },
];

const effect = (what: Effect): Input => ({ type: "effect", effect: what });
const copy = (text: string): Input => effect({ what: "copy", text });
const nothingHere = note("There is no machine under the cursor", "warn");

const withMachine = (state: State, then: (machine: Machine) => readonly Input[]): readonly Input[] => {
  const machine = currentMachine(state);
  return machine === undefined ? [nothingHere] : then(machine);
};

/** A start harms nobody; everything else is asked about. */
export function powered(state: State, action: PowerAction): readonly Input[] {
  const chosen = targets(state);
  if (chosen.length === 0) return [nothingHere];
  const act: Effect = { what: "power", action, machines: chosen.map(({ name }) => name) };
  if (action === "start") return [effect(act)];
  return [{ type: "ask", question: { title: titleOf(action, chosen), lines: endsOf(chosen, action), effect: act } }];
}

export function removal(state: State): readonly Input[] {
  const chosen = targets(state);
  if (chosen.length === 0) return [nothingHere];
  const act: Effect = { what: "remove", machines: chosen.map(({ name }) => name) };
  return [
    { type: "ask", question: { title: titleOf("remove", chosen), lines: endsOf(chosen, "remove"), effect: act } },
  ];
}

function titleOf(action: string, machines: readonly Machine[]): string {
  const word = `${action[0]!.toUpperCase()}${action.slice(1)}`;
  return machines.length === 1 ? `${word} ${machines[0]!.name}?` : `${word} ${machines.length} machines?`;
}
