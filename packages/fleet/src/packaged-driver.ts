import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type DriverModule, MachinistError } from "@machinist/core";
import { isKnownDriver, knownDrivers } from "./known-drivers.ts";

/** The driver of this name that is in a package. */
export async function packaged(name: string, folder: string): Promise<DriverModule | undefined> {
  const own = `@machinist/driver-${name}`;
  const house = isKnownDriver(name) && knownDrivers[name] !== own ? knownDrivers[name] : undefined;
  for (const specifier of house ? [house] : [own, `machinist-driver-${name}`]) {
    const loaded = await importFrom(specifier, folder);
    if (!loaded) continue;
    const all = [loaded.default, ...(Array.isArray(loaded.drivers) ? loaded.drivers : [])];
    const module = all.find((each): each is DriverModule => isDriverModule(each) && each.name === name);
    if (module) return module;
    throw new MachinistError("driver.broken", `The package ${specifier} holds no driver ${name}`, {
      hint: `Reinstall it: npm install -g ${specifier}`,
    });
  }
  return undefined;
}

/**
 * A driver is installed beside this package, beside the program that runs, or in the store. Never in the folder that one
 * happens to work in, nor above the store: what lies there may be anybody's, and a driver runs as the user.
 */
function pathOf(specifier: string, folder: string): string | undefined {
  for (const place of [import.meta.url, process.argv[1]]) {
    const found = place && resolved(place, specifier);
    if (found) return found;
  }
  return existsSync(join(folder, "node_modules", specifier))
    ? resolved(join(folder, "package.json"), specifier)
    : undefined;
}

function resolved(place: string, specifier: string): string | undefined {
  try {
    return createRequire(place).resolve(specifier);
  } catch {
    return undefined;
  }
}

async function importFrom(specifier: string, folder: string): Promise<Record<string, unknown> | undefined> {
  const path = pathOf(specifier, folder);
  if (path === undefined) return undefined;
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (cause) {
    throw new MachinistError(
      "driver.broken",
      `The package ${specifier} cannot be loaded: ${(cause as Error).message}`,
      {
        cause,
        hint: `Reinstall it: npm install -g ${specifier}`,
      },
    );
  }
}

const isDriverModule = (value: unknown): value is DriverModule =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as DriverModule).name === "string" &&
  typeof (value as DriverModule).create === "function" &&
  typeof (value as DriverModule).options === "object";
