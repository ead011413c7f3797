import { realpathSync } from "node:fs";
import { delimiter, join } from "node:path";
import { asMachinistError, type Driver, type DriverContext, type DriverModule, MachinistError } from "@machinist/core";
import { DriverImages } from "./driver-images.ts";
import { DriverPrograms } from "./driver-programs.ts";
import { howToGet, howToInstall, isKnownDriver, knownDrivers } from "./known-drivers.ts";
import { packaged } from "./packaged-driver.ts";

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
  /** Its PATH ends with the store's own plugins. */
  readonly #pluginEnv: DriverContext["env"];
  /** Which drivers are images; `driver` and `module` take an image in place of a name. */
  readonly images: DriverImages;
  /** What drivers may have that are programs on PATH. */
  readonly programs: DriverPrograms;

  /** `folder`: where the store has driver packages of its own. */
  constructor(given: readonly DriverModule[], context: DriverContext, folder: string) {
    this.#folder = folder;
    this.#pluginEnv = withFolder(context.env, join(folder, "bin"));
    this.images = new DriverImages(folder);
    this.programs = new DriverPrograms(folder);
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

  /**
   * The driver that docker-machine means by a name: one of its own, else the plugin on PATH, whatever drivers of that name there
   * are here. Our own plugins for docker-machine are no other than those.
   */
  async nameOfDockerMachine(name: string): Promise<string> {
    if (dockerMachines.has(name)) return name;
    const { goPlugin, wholeDriverName } = await plugins();
    const path = goPlugin(name, this.#pluginEnv);
    if (path === undefined || !(await this.#isHousedHere(name))) return name;
    return isOurPlugin(path) ? name : wholeDriverName(name);
  }

  /** Whether a package, or the program that runs, brings a driver of this name, so that no plugin is looked for. */
  async #isHousedHere(name: string): Promise<boolean> {
    if (this.#given.has(name)) return true;
    return (await packaged(name, this.#folder).catch(() => true)) !== undefined;
  }

  /** Drivers that are here and not our own: given by the program, in the store, programs on PATH, images. */
  async #others(): Promise<string[]> {
    const { pluginNames } = await plugins();
    const added = await (await import("./driver-packages.ts")).driversIn(this.#folder);
    const programs = await pluginNames(this.#pluginEnv);
    const hidden = await Promise.all(programs.map((name) => this.nameOfDockerMachine(name)));
    return [...new Set([...this.#given.keys(), ...added, ...programs, ...hidden, ...(await this.images.names())])];
  }

  /** Variables of other programs that the user lets this driver have. */
  async variables(name: string): Promise<readonly string[]> {
    const { jsonProgram } = await plugins();
    const path = jsonProgram(name, this.#context.env);
    return path === undefined ? this.images.variables(name) : this.programs.variables(name, path);
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
    const found = await load(name, this.#pluginEnv, this.#folder, this.programs);
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
    const taken = this.#given.has(name) || isKnownDriver(name) || (await load(name, env, this.#folder, this.programs));
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

const withFolder = (env: DriverContext["env"], folder: string): DriverContext["env"] => ({
  ...env,
  PATH: [...(env.PATH ? [env.PATH] : []), folder].join(delimiter),
});

/** The name that other programs know a driver by: see `plainDriverName`, which is not loaded for this. */
export const plainName = (name: string): string => name.replace(/^docker-machine-driver-/, "");

/** Needed only where no package is the driver. */
const plugins = () => import("@machinist/driver-plugin");

/** How long a plugin may take to tell its options, in ms. */
const PLUGIN_MS = 20_000;
/** The same, where its image must be fetched first. */
const IMAGE_MS = 11 * 60_000;

/** Those that docker-machine itself had, of which there are any here. No plugin of their names was ever looked for. */
const dockerMachines = new Set(["none", "generic", "virtualbox", "amazonec2", "digitalocean"]);

/** Whether a plugin is machinist's own driver, made for docker-machine. */
function isOurPlugin(path: string): boolean {
  try {
    return /[\\/]docker-machine-drivers[\\/]dist[\\/]/.test(realpathSync(path));
  } catch {
    return false;
  }
}

async function load(
  name: string,
  env: DriverContext["env"],
  folder: string,
  programs: DriverPrograms,
): Promise<DriverModule | undefined> {
  const found = await packaged(name, folder);
  if (found) return found;
  const { findPlugin } = await plugins();
  return findPlugin(name, env, AbortSignal.timeout(PLUGIN_MS), (path) => programs.variables(name, path));
}
