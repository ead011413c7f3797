import { MachinistError, scopeOf } from "@machinist/core";
import type { Loss } from "./api-up.ts";
import type { Projects } from "./desired-state.ts";
import { hintOf } from "./hint-of.ts";
import type { Operation } from "./operation.ts";

/** By the ids of compose projects, what is asked of them beside what is declared. */
export type Overwriting = ReadonlyMap<string, readonly string[]>;

/** The projects of these names, on all their machines. Throws `compose.unknown`. */
export async function overwriting(
  { compose }: Pick<Projects, "compose">,
  names: readonly string[],
  fleet: string,
): Promise<Overwriting> {
  if (names.length === 0) return new Map();
  const { OVERWRITE } = await import("@machinist/compose-runner");
  const known = [...new Set(compose.map(({ props }) => String(props.name)))];
  for (const name of names)
    if (!known.includes(name))
      throw new MachinistError("compose.unknown", `There is no compose project ${JSON.stringify(name)} in ${fleet}`, {
        hint: hintOf(name, known) ?? (known.length > 0 ? `There are ${known.join(", ")}` : "Its manifest has none"),
      });
  const meant = compose.filter(({ props }) => names.includes(String(props.name)));
  return new Map(meant.map(({ id }) => [id, [OVERWRITE]]));
}

/** What would be lost by it, from the records alone: what is not there yet was written to by nobody. */
export function overwritten(operation: Operation, { compose }: Pick<Projects, "compose">, again: Overwriting): Loss[] {
  return compose
    .filter(({ id, props }) => again.has(id) && props.overwriteData !== true)
    .filter(({ id }) => operation.record(scopeOf(id))?.resources[id] !== undefined)
    .map(({ id, props }) => ({ id, what: `compose project ${props.name} on ${props.machine}`, overwritten: true }));
}
