import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { asMachinistError, type Driver, type DriverContext, type DriverModule, MachinistError } from "@machinist/core";
import { DriverImages } from "./driver-images.ts";
import { howToGet, howToInstall, isKnownDriver, knownDrivers } from "./known-drivers.ts";

const wellKnown = Object.keys(knownDrivers);

/** What may follow `driver-` in a package's name. */
const packageName = /^[a-z0-9][a-z0-9._-]{0,99}$/;

export interface InstalledDriver {
  readonly name: string;
  readonly module?: DriverModule;
  readonly error?: MachinistError;
}

/** Finds drivers by name and starts each once. */
export class Drivers {
  readonly #given: ReadonlyMap<string, DriverModule>;
  readonly #context: DriverContext;
  readonly #modules = new Map<string, Promise<DriverModule | undefined>>();
  readonly #drivers = new Map<string, Driver>();
  readonly #folder: string;
  /** Which drivers are images; `driver` and `module` take an image in place of a name. */
  readonly images: DriverImages;

  /** `folder`: where the store has driver packages of its own. */
  constructor(given: readonly DriverModule[], context: DriverContext, folder: string) {
    this.#folder = folder;
    this.images = new DriverImages(folder);
    this.#given = new Map(given.map((module) => [module.name, module]));
    this.#context = context;
  }

  /** Throws `driver.unknown`, or `driver.broken` for a package that is no driver. */
  async module(name: string): Promise<DriverModule> {
    const found = await this.#find(name);
    if (found) return found;
    throw new MachinistError("driver.unknown", `There is no driver ${JSON.stringify(name)} here`, {
      hint: await howToGet(name, await this.#others().catch(() => this.#given.keys()), (known) => this.#isHere(known)),
    });
  }

  /** Drivers that are here and not our own: given by the program, in the store, programs on PATH, images. */
  async #others(): Promise<string[]> {
    const { pluginNames } = await plugins();
    const added = await (await import("./driver-packages.ts")).driversIn(this.#folder);
    const programs = await pluginNames(this.#context.env);
    return [...this.#given.keys(), ...added, ...programs, ...(await this.images.names())];
  }

  /** One that is here and broken is here: what is wrong with it is told when it is asked for. */
  #isHere(name: string): Promise<boolean> {
    return this.#find(name).then(
      (found) => found !== undefined,
      () => true,
    );
  }

  async driver(name: string): Promise<Driver> {
    const module = await this.module(name);
    const started = this.#drivers.get(module.name) ?? module.create(this.#context);
    this.#drivers.set(module.name, started);
    return started;
  }

  /** Every driver that can be found without being told its name; a package that is broken hides no other. */
  async all(): Promise<DriverModule[]> {
    return (await this.installed()).flatMap(({ module }) => module ?? []);
  }

  /** The same, with those whose packages are there and cannot be used, and the programs on PATH that are drivers. */
  async installed(): Promise<InstalledDriver[]> {
    const names = new Set([...this.#given.keys(), ...wellKnown, ...(await this.#others())]);
    const found = await Promise.all(
      [...names].map(async (name): Promise<InstalledDriver> => {
        try {
          const module = await this.#find(name);
          return module ? { name, module } : { name };
        } catch (thrown) {
          return { name, error: asMachinistError(thrown) };
        }
      }),
    );
    return found.filter(({ module, error }) => module ?? error);
  }

  /** The well-known ones that are not among these, and how to get them. */
  missing(found: readonly InstalledDriver[]): { readonly name: string; readonly hint: string }[] {
    const names = new Set(found.map(({ name }) => name));
    return wellKnown.filter((name) => !names.has(name)).map((name) => ({ name, hint: howToInstall(name) }));
  }

  #find(name: string): Promise<DriverModule | undefined> {
    const given = this.#given.get(name);
    if (given) return Promise.resolve(given);
    if (!packageName.test(name) && !name.includes("/")) return Promise.resolve(undefined);
    const known = this.#modules.get(name) ?? (name.includes("/") ? this.#ofImage(name) : this.#named(name));
    this.#modules.set(name, known);
    return known;
  }

  async #named(name: string): Promise<DriverModule | undefined> {
    const found = await load(name, this.#context.env, this.#folder);
    if (found) return found;
    const image = await this.images.imageOf(name);
    return image === undefined ? undefined : this.#ofImage(image, name);
  }

  /** Throws `driver.image-name` where the driver in an image has a name that means another one here. */
  async #ofImage(image: string, wanted?: string): Promise<DriverModule | undefined> {
    const { imageDriver, isImage, repositoryOf } = await plugins();
    if (!isImage(image)) return undefined;
    const { env } = this.#context;
    const module = await imageDriver(image, env, {
      signal: AbortSignal.timeout(IMAGE_MS),
      agreed: (name) => this.images.variables(name, image),
    });
    const { name } = module;
    const before = await this.images.saved(name);
    const other = before !== undefined && repositoryOf(before) !== repositoryOf(image) ? before : undefined;
    const taken = this.#given.has(name) || isKnownDriver(name) || (await load(name, env, this.#folder));
    if (taken || other !== undefined || (wanted !== undefined && wanted !== name))
      throw new MachinistError(
        "driver.image-name",
        `The image ${image} is a driver ${name}, which is ${other ?? "another"} here`,
        {
          hint:
            other === undefined
              ? "Use an image whose driver has a name of its own"
              : `First: machinist driver rm ${name}`,
        },
      );
    this.images.use(name, image);
    this.#modules.set(name, Promise.resolve(module));
    return module;
  }
}

/** Needed only where no package is the driver. */
const plugins = () => import("@machinist/driver-plugin");

/** How long a plugin may take to tell its options, in ms. */
const PLUGIN_MS = 20_000;
/** The same, where its image must be fetched first. */
const IMAGE_MS = 11 * 60_000;

async function load(name: string, env: DriverContext["env"], folder: string): Promise<DriverModule | undefined> {
  const own = `@machinist/driver-${name}`;
  const housed = isKnownDriver(name) && knownDrivers[name] !== own ? knownDrivers[name] : undefined;
  for (const specifier of housed ? [housed] : [own, `machinist-driver-${name}`]) {
    const loaded = await importFrom(specifier, folder);
    if (!loaded) continue;
    const all = [loaded.default, ...(Array.isArray(loaded.drivers) ? loaded.drivers : [])];
    const module = all.find((each): each is DriverModule => isDriverModule(each) && each.name === name);
    if (module) return module;
    throw new MachinistError("driver.broken", `The package ${specifier} holds no driver ${name}`, {
      hint: `Reinstall it: npm install -g ${specifier}`,
    });
  }
  const { findPlugin } = await plugins();
  return findPlugin(name, env, AbortSignal.timeout(PLUGIN_MS));
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
