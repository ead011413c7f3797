import {
  type Data,
  type Driver,
  fleetScope,
  localOf,
  MachinistError,
  type PlannedMachine,
  type Resource,
  scopeOf,
} from "@machinist/core";
import { shown } from "@machinist/options";

/** What stands behind the slash of a resource's id: it goes into owner tags, records, events and plans. */
export const localId = /^[a-zA-Z0-9][a-zA-Z0-9._:@-]{0,199}$/;
/** More than any machine is made of. */
const MOST_RESOURCES = 1000;

/** The resources of which its driver says a machine consists. Throws `driver.broken` for what cannot be. */
export async function plannedBy(driver: Driver, machine: PlannedMachine, options: Data): Promise<Resource[]> {
  const planned: unknown = await driver.plan(machine, options);
  const broken = (what: string) =>
    new MachinistError("driver.broken", `Driver ${driver.name} planned ${what}`, {
      hint: "Ask whoever maintains the driver",
    });
  if (!Array.isArray(planned)) throw broken(`${shown(planned)}, which is no list of resources`);
  if (planned.length > MOST_RESOURCES) throw broken(`${planned.length} resources for one machine`);
  for (const each of planned as unknown[]) {
    if (!isResource(each)) throw broken(`${shown(each)}, which is no resource`);
    const scope = scopeOf(each.id);
    if (scope !== machine.name && scope !== fleetScope(machine.fleet))
      throw broken(`${shown(each.id)}, which is not of ${machine.name}`);
    if (!localId.test(localOf(each.id))) throw broken(`${shown(each.id)}, which cannot be a resource's id`);
  }
  return planned as Resource[];
}

function isResource(value: unknown): value is Resource {
  if (typeof value !== "object" || value === null) return false;
  const { id, kind, props, parents, after = [] } = value as Partial<Record<keyof Resource, unknown>>;
  const areIds = (ids: unknown) => Array.isArray(ids) && ids.every((each) => typeof each === "string");
  return (
    typeof id === "string" &&
    id.includes("/") &&
    typeof kind === "string" &&
    typeof props === "object" &&
    props !== null &&
    !Array.isArray(props) &&
    areIds(parents) &&
    areIds(after)
  );
}
