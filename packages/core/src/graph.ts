import type { Resource } from "./contract/resource.ts";
import { MachinistError } from "./error.ts";

type Node = Pick<Resource, "id" | "parents" | "after">;

/** Everything that must be there before a resource: its parents and what it comes after. */
export const prerequisites = (node: Pick<Resource, "parents" | "after">): readonly string[] =>
  node.after?.length ? [...node.parents, ...node.after] : node.parents;

/**
 * Check that ids are unique, that every prerequisite is among `nodes` or `outside`, and that there is no cycle; return
 * the nodes with prerequisites first.
 */
export function order<T extends Node>(nodes: readonly T[], outside: ReadonlySet<string> = new Set()): T[] {
  const byId = new Map<string, T>();
  for (const node of nodes) {
    if (byId.has(node.id))
      throw new MachinistError("graph.duplicate", `Two resources have the id ${node.id}`, {
        hint: "Give each resource an id of its own",
      });
    byId.set(node.id, node);
  }
  const done: T[] = [];
  const mark = new Map<string, "open" | "done">();
  const visit = (node: T, path: readonly string[]) => {
    const state = mark.get(node.id);
    if (state === "done") return;
    if (state === "open")
      throw new MachinistError("graph.cycle", `Resources depend on each other: ${[...path, node.id].join(" -> ")}`, {
        hint: "Remove one of these dependencies",
      });
    mark.set(node.id, "open");
    for (const id of prerequisites(node)) {
      const needed = byId.get(id);
      if (needed) visit(needed, [...path, node.id]);
      else if (!outside.has(id))
        throw new MachinistError("graph.missing", `${node.id} depends on ${id}, which is not declared`, {
          hint: "Declare it, or remove the dependency",
        });
    }
    mark.set(node.id, "done");
    done.push(node);
  };
  for (const node of nodes) visit(node, []);
  return done;
}

/** For each id, those that need it. */
export function dependents(nodes: Iterable<Node>): Map<string, string[]> {
  const result = new Map<string, string[]>();
  for (const node of nodes)
    for (const id of prerequisites(node)) {
      const list = result.get(id);
      if (list) list.push(node.id);
      else result.set(id, [node.id]);
    }
  return result;
}
