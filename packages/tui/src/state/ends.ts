import type { PowerAction } from "@machinist/core";
import type { Machine } from "./state.ts";

/** So many machines are named one by one; of more, the number says enough. */
const mostNamed = 8;

/** What ends when this is done, line by line. */
export function endsOf(machines: readonly Machine[], action: PowerAction | "remove"): string[] {
  const named = machines.slice(0, mostNamed).map((machine) => `${machine.name}: ${costOf(machine, action)}`);
  const more = machines.length - named.length;
  const managers = machines.filter(({ info }) => info?.swarm === "manager").length;
  return [
    ...named,
    ...(more > 0 ? [`and ${more} more: ${runningIn(machines.slice(mostNamed))}`] : []),
    ...(managers > 0 ? [`Swarm managers among them: ${managers}`] : []),
    action === "remove" ? "What is on their disks is lost. This cannot be undone." : "Nothing on their disks is lost.",
  ];
}

function costOf(machine: Machine, action: PowerAction | "remove"): string {
  const { info, engine } = machine;
  const resources = info?.resources.length ?? 0;
  const parts = [
    engine === undefined ? "containers not known" : runningWord(engine.running),
    ...(action === "remove" && engine !== undefined
      ? [`${engine.containers} in all`, counted(engine.images, "image")]
      : []),
    ...(action === "remove" ? [counted(resources, "resource")] : []),
    ...(info?.swarm === undefined ? [] : [`Swarm ${info.swarm}`]),
  ];
  return info?.engine === false ? `no Docker${action === "remove" ? `, ${parts.at(-1)}` : ""}` : parts.join(", ");
}

const runningWord = (count: number): string =>
  count === 0 ? "no running containers" : counted(count, "running container");

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

const runningIn = (machines: readonly Machine[]): string =>
  runningWord(machines.reduce((sum, { engine }) => sum + (engine?.running ?? 0), 0));
