import type { ComposeSpec } from "@machinist/core";
import { nearest } from "@machinist/options";
import type { Problems } from "./problem.ts";
import type { SourceLocation } from "./source-location.ts";
import { at, type Tree, textsOf } from "./tree.ts";

/** When a project wants to start. */
export interface Ordered {
  readonly name: string;
  /** `compose[2]`. */
  readonly path: string;
  readonly place: SourceLocation;
  /** Names of projects, or {@link swarm}. */
  readonly after: readonly string[];
  readonly before: boolean;
}

/** As no project can be named. */
const swarm = "the Swarm";

export const orderOf = (project: Tree, name: string, index: number): Ordered => ({
  name,
  path: `compose[${index}]`,
  place: (at(project, "after") ?? at(project, "before") ?? project).place,
  after: (textsOf(at(project, "after")) ?? []).map((each) => (each === "swarm" ? swarm : each)),
  before: at(project, "before") !== undefined,
});

type Order = Pick<ComposeSpec, "after" | "afterSwarm">;

/**
 * The order of projects by name: what comes after one that comes after the Swarm does so too. Projects of one name on several
 * machines have one order. Adds `manifest.unknown-project` and `manifest.cycle`.
 */
export function settleOrder(projects: readonly Ordered[], problems: Problems): ReadonlyMap<string, Order> {
  const names = [...new Set(projects.map(({ name }) => name))];
  for (const { after, path, place } of projects)
    for (const wanted of after.filter((each) => each !== swarm && !names.includes(each))) {
      const guess = nearest(wanted, [...names, "swarm"]);
      const end = guess === undefined ? "" : `; did you mean ${JSON.stringify(guess)}?`;
      const sentence = `${path}.after names ${JSON.stringify(wanted.slice(0, 60))}, which is no compose project${end}`;
      problems.add({ code: "manifest.unknown-project", sentence, place });
    }
  const needs = new Map<string, string[]>(names.map((name) => [name, []]));
  for (const { name, after } of projects) needs.get(name)?.push(...after);
  needs.set(
    swarm,
    projects.filter(({ before }) => before).map(({ name }) => name),
  );
  const cycle = findCycle(needs);
  if (cycle) {
    const place = projects.find(({ name }) => cycle.includes(name))?.place;
    problems.add({
      code: "manifest.cycle",
      sentence: `compose projects wait for each other: ${cycle.join(" after ")}`,
      place,
      hint: "Take one `after` or `before` of these away.",
    });
    return new Map();
  }
  return new Map(names.map((name) => [name, orderIn(name, needs)]));
}

function orderIn(name: string, needs: ReadonlyMap<string, readonly string[]>): Order {
  const reached = new Set([name]);
  for (const each of reached) for (const next of needs.get(each) ?? []) reached.add(next);
  const after = [...new Set(needs.get(name))].filter((each) => each !== swarm);
  return { ...(after.length > 0 && { after }), ...(reached.has(swarm) && { afterSwarm: true }) };
}

/** Names of which each comes after the next, the first again at the end; undefined where there is no circle. */
function findCycle(needs: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): string[] | undefined => {
    const start = path.indexOf(name);
    if (start >= 0) return [...path.slice(start), name];
    if (done.has(name)) return undefined;
    for (const next of needs.get(name) ?? []) {
      const found = visit(next, [...path, name]);
      if (found) return found;
    }
    done.add(name);
    return undefined;
  };
  for (const name of needs.keys()) {
    const found = visit(name, []);
    if (found) return found;
  }
  return undefined;
}
