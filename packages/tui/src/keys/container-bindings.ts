import type { ContainerVerb, Effect } from "../state/effect.ts";
import type { Input } from "../state/input.ts";
import type { Container } from "../state/rows.ts";
import { type State, topOf } from "../state/state.ts";
import { currentContainer } from "../state/targets.ts";
import { type Binding, note } from "./binding.ts";

/** Acts on the container under the cursor; they come before those on its machine. */
export const containerBindings: readonly Binding[] = [
  {
    keys: ["l", "enter"],
    what: "the container's log, followed",
    short: "log",
    where: "containers",
    inputs: (state) => withContainer(state, (machine, container) => [{ type: "open-log", machine, container }]),
  },
  {
    keys: ["s"],
    what: "a shell in the container",
    short: "shell",
    where: "containers",
    changes: true,
    inputs: (state) =>
      withContainer(state, (machine, container) =>
        container.running
          ? [{ type: "effect", effect: { what: "shell", machine, container } }]
          : [note(`${container.name} is not running`, "warn")],
      ),
  },
  {
    keys: ["t"],
    what: "start the container",
    where: "containers",
    changes: true,
    inputs: (state) => acted(state, "start"),
  },
  {
    keys: ["x"],
    what: "stop the container (asks first)",
    where: "containers",
    changes: true,
    inputs: (state) => acted(state, "stop"),
  },
  {
    keys: ["r"],
    what: "restart the container (asks first)",
    where: "containers",
    changes: true,
    inputs: (state) => acted(state, "restart"),
  },
  {
    keys: ["ctrl-d"],
    what: "remove the container (asks first)",
    where: "containers",
    changes: true,
    inputs: (state) => acted(state, "remove"),
  },
];

function withContainer(
  state: State,
  then: (machine: string, container: Container) => readonly Input[],
): readonly Input[] {
  const top = topOf(state);
  const container = currentContainer(state);
  if (top.name !== "machine" || container === undefined)
    return [note("There is no container under the cursor", "warn")];
  return then(top.machine, container);
}

const costs: { readonly [verb in ContainerVerb]: string } = {
  start: "",
  stop: "What runs in it ends; what it wrote stays.",
  restart: "What runs in it ends and begins again; what it wrote stays.",
  remove: "What runs in it ends, and what it wrote outside its volumes is lost.",
};

function acted(state: State, verb: ContainerVerb): readonly Input[] {
  return withContainer(state, (machine, container) => {
    const effect: Effect = { what: "container", verb, machine, container };
    if (verb === "start") return [{ type: "effect", effect }];
    const title = `${verb[0]!.toUpperCase()}${verb.slice(1)} container ${container.name} on ${machine}?`;
    const lines = [container.running ? "It is running." : "It is not running.", costs[verb]];
    return [{ type: "ask", question: { title, lines, effect } }];
  });
}
