import type { DriverModule } from "@machinist/core";
import { generic } from "./generic.ts";
import { none } from "./none.ts";

export { generic, none };
/** Both drivers of this package. */
export const drivers: readonly DriverModule[] = [generic, none];
export default generic;
