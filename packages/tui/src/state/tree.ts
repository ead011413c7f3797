/** Nodes as a tree, each with the strokes that lead to it. `parentsOf`: the first that is there is its parent. */
export function treeOf<T extends { readonly id: string }>(
  nodes: readonly T[],
  parentsOf: (node: T) => readonly string[],
): { readonly node: T; readonly stem: string }[] {
  const known = new Set(nodes.map(({ id }) => id));
  const under = new Map<string | undefined, T[]>();
  for (const node of nodes) {
    const parent = parentsOf(node).find((id) => known.has(id) && id !== node.id);
    under.set(parent, [...(under.get(parent) ?? []), node]);
  }
  const seen = new Set<string>();
  const branch = (parent: string | undefined, before: string): { node: T; stem: string }[] =>
    (under.get(parent) ?? []).flatMap((node, index, all) => {
      if (seen.has(node.id)) return [];
      seen.add(node.id);
      const last = index === all.length - 1;
      const stem = parent === undefined ? "" : `${before}${last ? "└ " : "├ "}`;
      const below = parent === undefined ? "" : `${before}${last ? "  " : "│ "}`;
      return [{ node, stem }, ...branch(node.id, below)];
    });
  const shown = branch(undefined, "");
  // Parents in a circle would hide their children: whatever a record says, all of it is shown.
  return [...shown, ...nodes.filter(({ id }) => !seen.has(id)).map((node) => ({ node, stem: "" }))];
}
