import type { MachineSpec, SwarmSpec } from "@machinist/core";
import { parseDuration } from "@machinist/options";
import { engineOf } from "./engine.ts";
import type { Problems } from "./problem.ts";
import type { SourceLocation } from "./source-location.ts";
import { at, dataOf, type Entry, entriesOf, keyPlace, merge, type Tree, textMapOf, textOf, textsOf } from "./tree.ts";

/** A fleet of more machines than this is refused before it is expanded. */
const mostMachines = 1000;

/** A group of the manifest with its machines. */
export interface Group {
  readonly name: string;
  readonly place: SourceLocation;
  readonly machines: readonly MachineSpec[];
  /** The merged options, for their places. */
  readonly options: Tree | undefined;
}

/** Expand every group to its machines NAME-1 … NAME-COUNT. The tree has passed its schema. */
export function groupsOf(root: Tree, defaultDriver: string, problems: Problems): Group[] {
  const entries = entriesOf(at(root, "machines"));
  const total = entries.reduce((sum, [, { value }]) => sum + countOf(value), 0);
  if (total > mostMachines) {
    const sentence = `these are ${total} machines; a fleet has at most ${mostMachines}`;
    problems.add({ code: "manifest.too-many", sentence, place: entries[0]?.[1].key });
    return [];
  }
  checkNames(entries, problems);
  return entries.map(([name, entry]) => groupOf(name, entry, root, defaultDriver, problems));
}

function countOf(group: Tree): number {
  const count = at(group, "count");
  return count?.kind === "leaf" ? Number(count.value) : 1;
}

function groupOf(name: string, { key, value }: Entry, root: Tree, defaultDriver: string, problems: Problems): Group {
  const fleetDriver = textOf(at(root, "driver")) ?? defaultDriver;
  const driver = textOf(at(value, "driver")) ?? fleetDriver;
  // Options belong to a driver: those of the fleet's mean nothing to another.
  const inherited = driver === fleetDriver ? at(root, "options") : undefined;
  const own = at(value, "options");
  const options = inherited !== undefined && own !== undefined ? merge(inherited, own) : (own ?? inherited);
  const engine = engineOf(at(root, "engine"), at(value, "engine"));
  const swarm = swarmOf(value);
  if (swarm !== undefined && engine === false)
    problems.add({
      code: "manifest.no-engine",
      sentence: `machines.${name} cannot join a Swarm without Docker`,
      place: key,
    });
  if (swarm === undefined && at(value, "labels") !== undefined) {
    const sentence = `machines.${name}.labels are labels of Swarm nodes, but the group has no swarm`;
    const hint = "Labels of the engine are written under engine.labels.";
    problems.add({ code: "manifest.no-swarm", sentence, place: keyPlace(value, "labels") ?? key, hint });
  }
  const zones = textsOf(at(value, "zones")) ?? [];
  if (zones.length > 0 && at(own, "zone") !== undefined) {
    const sentence = `machines.${name} has zones and an option zone: only one of them can be meant`;
    problems.add({ code: "manifest.invalid", sentence, place: keyPlace(value, "zones") ?? key });
  }
  const zoneOf = (index: number) => (zones.length > 0 ? { zone: zones[index % zones.length]! } : {});
  const leaseMs = parseDuration(textOf(at(value, "lease")) ?? "");
  const common = { group: name, driver, engine, ...(swarm && { swarm }), ...(leaseMs !== undefined && { leaseMs }) };
  const machines = Array.from({ length: countOf(value) }, (_, index) => ({
    name: `${name}-${index + 1}`,
    ...common,
    options: { ...dataOf(options), ...zoneOf(index) },
  }));
  return { name, place: key, machines, options };
}

function swarmOf(group: Tree): SwarmSpec | undefined {
  const swarm = at(group, "swarm");
  const role = textOf(swarm) ?? textOf(at(swarm, "role"));
  if (role === undefined) return undefined;
  const labels = { ...textMapOf(at(group, "labels")), ...textMapOf(at(swarm, "labels")) };
  const availability = textOf(at(swarm, "availability")) as SwarmSpec["availability"];
  const advertise = textOf(at(swarm, "advertise"));
  return {
    role: role as SwarmSpec["role"],
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(availability !== undefined && { availability }),
    ...(advertise !== undefined && { advertise }),
  };
}

/** Host names know no case, and `on: a-1` must mean one thing: groups and machines share one set of names. */
function checkNames(entries: readonly [string, Entry][], problems: Problems): void {
  const counts = new Map(entries.map(([name, { value }]) => [name.toLowerCase(), { name, count: countOf(value) }]));
  const seen = new Map<string, string>();
  for (const [name, { key }] of entries) {
    const add = (sentence: string) => problems.add({ code: "manifest.duplicate-name", sentence, place: key });
    const folded = name.toLowerCase();
    const twin = seen.get(folded);
    if (twin !== undefined) add(`the groups ${twin} and ${name} differ in case only, which host names do not`);
    seen.set(folded, name);
    if (folded === "all") add(`a group cannot be named ${name}: that means all machines`);
    const [, base = "", number = "0"] = /^(.*)-([1-9][0-9]{0,3})$/.exec(folded) ?? [];
    const other = counts.get(base);
    if (other !== undefined && Number(number) <= other.count)
      add(`the group ${name} has the name of a machine of group ${other.name}`);
  }
}
