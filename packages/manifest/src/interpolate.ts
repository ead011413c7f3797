import { isVariableFailure, type Lookup, substitute } from "@machinist/values";
import type { Problems } from "./problem.ts";
import type { Tree } from "./tree.ts";

/** Put variables into every text of a tree, in place. Keys are left alone. What fails is added as `manifest.variable`. */
export function interpolate(tree: Tree, lookup: Lookup, problems: Problems): void {
  if (tree.kind === "list") for (const item of tree.items) interpolate(item, lookup, problems);
  else if (tree.kind === "map") for (const { value } of tree.entries.values()) interpolate(value, lookup, problems);
  else if (typeof tree.value === "string" && tree.value.includes("$")) {
    try {
      const value = substitute(tree.value, lookup);
      tree.value = value;
      tree.fromVariables = true;
    } catch (error) {
      if (!isVariableFailure(error)) throw error;
      problems.add({ code: "manifest.variable", sentence: error.message, place: tree.place, hint: error.hint });
    }
  }
}
