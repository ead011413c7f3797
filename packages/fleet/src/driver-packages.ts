import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { MachinistError, writeAtomic } from "@machinist/core";
import { attempt, lastWords } from "@machinist/programs";
import type { RunControl } from "./api.ts";
import { hintOf } from "./hint-of.ts";
import { knownDrivers } from "./known-drivers.ts";
import type { Workspace } from "./workspace.ts";

/** npm builds nothing here and asks nobody else: some minutes are long enough. */
const NPM_MS = 5 * 60_000;

/** A driver's name by its package's: `@machinist/driver-NAME` or `machinist-driver-NAME`. */
const driverIn = (name: string): string | undefined => /^(?:@machinist\/|machinist-)driver-(.+)$/.exec(name)?.[1];

/** The store's own folder of driver packages. */
export const packagesFolder = (storePath: string): string => join(storePath, "drivers");

/** Drivers whose packages are in a folder. */
export async function driversIn(folder: string): Promise<string[]> {
  return Object.keys(await dependenciesIn(folder)).flatMap((name) => driverIn(name) ?? []);
}

async function dependenciesIn(folder: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(join(folder, "package.json"), "utf8").catch(() => "{}");
  try {
    return (JSON.parse(text) as { dependencies?: Record<string, string> }).dependencies ?? {};
  } catch (cause) {
    throw new MachinistError("driver.folder", `${join(folder, "package.json")} cannot be read`, {
      cause,
      hint: `Remove the folder and add its drivers again: rm -r ${folder}`,
    });
  }
}

/** To npm `owner/name` is a repository. */
const imagePrefix = "docker://";

/** Have the store know an image as a driver, by the name that it says; with `env`, and the variables that it may have. */
async function addImage(workspace: Workspace, image: string, env: readonly string[] | undefined): Promise<string> {
  const { drivers } = workspace;
  if (env) drivers.images.agree(image, env);
  const { name } = await drivers.module(image);
  await drivers.images.keep(name);
  return name;
}

/** Have the driver that is a program on PATH get variables that are not named after it. */
async function allowProgram(workspace: Workspace, name: string, env: readonly string[]): Promise<string> {
  const { jsonProgram } = await import("@machinist/driver-plugin");
  const path = jsonProgram(name, workspace.env);
  if (path === undefined)
    throw new MachinistError("driver.no-program", `There is no program machinist-driver-${name} on PATH`, {
      hint: "Only such programs, and images as docker://IMAGE, are given variables by name: leave --env out",
    });
  await workspace.drivers.programs.agree(name, path, env);
  return name;
}

function checkVariables(names: readonly string[]): void {
  if (names.every((name) => /^[A-Za-z_]\w*$/.test(name))) return;
  throw new MachinistError("driver.variable", "A variable that a driver may have is given by its name alone", {
    hint: "For example: --env AWS_PROFILE",
  });
}

/**
 * Put a driver's package into the store, with npm: by the driver's name, or as npm takes it (a package, a folder, a
 * tarball), or an image as `docker://owner/name`. `env`: variables that the driver in an image, or the
 * program on PATH of this name, may have though they are not named after it. The drivers that came with it. Throws `driver.npm`,
 * `driver.not-found`, `driver.broken`, `driver.variable`, `driver.no-program`.
 */
export async function addDriver(
  workspace: Workspace,
  asked: string,
  options: RunControl & { readonly env?: readonly string[] },
): Promise<string[]> {
  checkVariables(options.env ?? []);
  if (asked.startsWith(imagePrefix)) return [await addImage(workspace, asked.slice(imagePrefix.length), options.env)];
  if (options.env) return [await allowProgram(workspace, asked, options.env)];
  const folder = packagesFolder(workspace.store.path);
  await begin(folder);
  const before = await dependenciesIn(folder);
  for (const [index, spec] of specsOf(asked).entries()) {
    const { code, stderr } = await npm(workspace, ["install", "--save-exact", spec], options);
    if (code === 0) break;
    const absent = /E404|ENOENT|ENOTEMPTY.*not found/.test(stderr);
    if (absent && index < specsOf(asked).length - 1) continue;
    if (absent)
      throw new MachinistError("driver.not-found", `npm knows no package for driver ${JSON.stringify(asked)}`, {
        hint:
          hintOf(asked, Object.keys(knownDrivers)) ??
          "Give the name of a package, a folder or a tarball; or put docker-machine-driver-NAME on PATH",
      });
    throw new MachinistError("driver.npm", `npm could not install ${spec}: ${lastWords(stderr) || "it said nothing"}`, {
      hint: `See what npm itself says: npm install ${spec}`,
    });
  }
  const after = await dependenciesIn(folder);
  const added = Object.keys(after).filter((name) => before[name] !== after[name]);
  const names = added.flatMap((name) => driverIn(name) ?? []);
  try {
    if (names.length === 0) throw noDriver(asked);
    // Loaded as `create -d` would load it: a package that cannot be used is not kept.
    await Promise.all(names.map((name) => workspace.drivers.module(name)));
    return names;
  } catch (thrown) {
    if (added.length > 0) await npm(workspace, ["uninstall", ...added], options);
    throw thrown;
  }
}

const noDriver = (asked: string) =>
  new MachinistError("driver.broken", `${asked} holds no driver, or none that is not here already`, {
    hint: "A driver's package is called @machinist/driver-NAME or machinist-driver-NAME",
  });

/** Take a driver's package out of the store again, or what it was agreed that an image or a program may have. Throws `driver.not-added` for one that is not in it. */
export async function removeDriver(workspace: Workspace, name: string, options: RunControl): Promise<void> {
  if ((await workspace.drivers.images.forget(name)) || (await workspace.drivers.programs.forget(name))) return;
  const folder = packagesFolder(workspace.store.path);
  const found = Object.keys(await dependenciesIn(folder)).find((each) => driverIn(each) === name);
  if (found === undefined)
    throw new MachinistError("driver.not-added", `Driver ${JSON.stringify(name)} was not added to this store`, {
      hint: "See which there are: machinist driver ls",
    });
  const { code, stderr } = await npm(workspace, ["uninstall", found], options);
  if (code !== 0)
    throw new MachinistError("driver.npm", `npm could not remove ${found}: ${lastWords(stderr) || "it said nothing"}`, {
      hint: `See what npm itself says: npm uninstall --prefix ${packagesFolder(workspace.store.path)} ${found}`,
    });
}

async function begin(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const inside = await readdir(folder);
  if (inside.includes("package.json")) return;
  await writeAtomic(
    join(folder, "package.json"),
    '{ "private": true, "description": "Drivers of machinist" }\n',
    0o600,
  );
}

/** A bare word is a driver's name; what has more in it is npm's to understand. */
const specsOf = (asked: string): readonly string[] =>
  /^[a-z0-9][a-z0-9_-]*$/.test(asked) ? [`@machinist/driver-${asked}`, `machinist-driver-${asked}`] : [asked];

/** Install scripts are not run: a driver is code to be called, and nothing that acts by being unpacked. */
function npm(workspace: Workspace, words: readonly string[], { signal }: RunControl) {
  const quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  return attempt(["npm", ...words, ...quiet], {
    cwd: packagesFolder(workspace.store.path),
    env: workspace.env,
    timeoutMs: NPM_MS,
    hint: "Install Node.js with npm",
    ...(signal ? { signal } : {}),
  });
}
