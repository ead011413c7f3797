import type { DriverModule } from "@machinist/core";
import type { Machinist } from "@machinist/fleet";
import type { DriverChoice } from "../state/form.ts";
import type { State } from "../state/state.ts";

/** The drivers that are installed, and those of the machines that are there, which may be nobody's else. */
export async function driverChoices(
  machinist: Pick<Machinist, "driver" | "drivers">,
  { machines }: Pick<State, "machines">,
): Promise<DriverChoice[]> {
  const installed = await machinist.drivers();
  const known = new Set(installed.map(({ name }) => name));
  const used = new Set([...machines.values()].flatMap(({ info }) => info?.driver ?? []));
  const others = await Promise.all(
    [...used].filter((name) => !known.has(name)).map((name) => machinist.driver(name).catch(() => undefined)),
  );
  return [...installed, ...others.filter((module) => module !== undefined)].map(choiceOf);
}

const choiceOf = ({ name, description, options }: DriverModule): DriverChoice => ({
  name,
  description,
  options: options.properties,
  required: options.required ?? [],
});
