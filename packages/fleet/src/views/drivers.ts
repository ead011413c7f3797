import { asMachinistError, type DriverModule } from "@machinist/core";
import type { DriverView } from "../api-drivers.ts";
import type { InstalledDriver } from "../drivers.ts";
import type { Workspace } from "../workspace.ts";

/** How long a driver may look at its surroundings, in ms: a provider that does not answer is a finding. */
const lookMs = 15_000;

/** Every driver that is known by name, and whether it can make machines here. Changes nothing. */
export async function viewDrivers(workspace: Workspace, cancel: AbortSignal): Promise<DriverView[]> {
  const signal = AbortSignal.any([cancel, AbortSignal.timeout(lookMs)]);
  const installed = await workspace.drivers.installed();
  const missing = workspace.drivers.missing(installed);
  return [
    ...(await Promise.all(installed.map((each) => viewOne(workspace, each, signal)))),
    ...missing.map(
      ({ name, hint }): DriverView => ({ driver: name, state: "missing", message: "not installed", hint }),
    ),
  ];
}

async function viewOne(workspace: Workspace, found: InstalledDriver, signal: AbortSignal): Promise<DriverView> {
  const { name: driver, module, error } = found;
  if (!module)
    return { driver, state: "broken", message: error?.message ?? "", ...(error?.hint ? { hint: error.hint } : {}) };
  const env = await workspace.drivers.variables(driver).catch(() => []); // why the store cannot be read is told by its own line
  const about = {
    ...{ driver, description: module.description, required: [...(module.options.required ?? [])] },
    ...(env.length > 0 ? { env } : {}),
  };
  // Without what it needs to be told, it has nothing to look at.
  if (about.required.length > 0) return { ...about, state: "installed", message: "installed" };
  try {
    const started = await workspace.drivers.driver(driver);
    await started.check?.({ name: "doctor", fleet: "doctor", publicKey: "" }, defaultsOf(module), signal);
    return { ...about, state: "ready", message: "ready" };
  } catch (thrown) {
    const { message, hint } = asMachinistError(thrown);
    return { ...about, state: "unusable", message, ...(hint ? { hint } : {}) };
  }
}

const defaultsOf = ({ options }: DriverModule) =>
  Object.fromEntries(
    Object.entries(options.properties).flatMap(([key, { default: value }]) =>
      value === undefined ? [] : [[key, value] as const],
    ),
  );
