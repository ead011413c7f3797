import type { Bundle } from "./bundle.ts";
import type { Environment } from "./environment.ts";
import { localVersion, readLocally } from "./local-compose.ts";
import type { ProjectProps } from "./plan.ts";
import type { Reading } from "./reading.ts";
import { differencesOf } from "./shape.ts";

/** Compares how machines read projects with how this computer does: here each project is read once, for all its machines. */
export class ComparedReadings {
  readonly #environment: Environment;
  readonly #here = new Map<string, Promise<Reading | undefined>>();
  readonly #told = new Set<string>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Begin to read a project here, if it is not read already. */
  here(props: ProjectProps, bundle: Bundle): Promise<Reading | undefined> {
    const key = JSON.stringify([props.name, props.profiles, bundle.digest]);
    const known = this.#here.get(key) ?? readLocally(props, bundle, this.#environment);
    this.#here.set(key, known);
    return known;
  }

  /** What is read in another way than here, in a sentence; undefined where nothing is, or it was told of another machine. */
  async differences(
    props: ProjectProps,
    reading: Promise<Reading | undefined>,
    there: Reading,
  ): Promise<string | undefined> {
    const here = await reading;
    const { name, machine } = props;
    const found = here === undefined ? [] : differencesOf(here.shape, there.shape, machine);
    if (here === undefined || found.length === 0) return undefined;
    const key = JSON.stringify([name, there.version, differencesOf(here.shape, there.shape, "")]);
    if (this.#told.has(key)) return undefined;
    this.#told.add(key);
    const versions = [await localVersion(props, this.#environment), there.version].map((each) => each && ` (${each})`);
    return `docker compose on this computer${versions[0]} and on ${machine}${versions[1]} read ${name} differently: ${found.join(", ")}`;
  }
}
