export { boundedJson } from "./bounded-body.ts";
export { Budget, type BudgetOptions, type Told } from "./budget.ts";
export { type GatherOptions, gather } from "./gather.ts";
export { shareLook } from "./share-look.ts";
