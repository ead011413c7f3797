import { carried } from "./carried.ts";
import { composed } from "./extends.ts";
import { merging } from "./merging.ts";
import { mounted } from "./mounted.ts";
import type { Shaped } from "./project.ts";
import { networks, running } from "./running.ts";
import { variables } from "./variables.ts";

export { putShaped, type Shaped } from "./project.ts";

export const projects: readonly Shaped[] = [
  ...composed,
  ...merging,
  ...variables,
  ...carried,
  ...mounted,
  ...running,
  ...networks,
];
