import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Data, writeAtomic } from "@machinist/core";

/** One simulated object. */
export interface SimulatedObject {
  readonly id: string;
  readonly owner: string;
  readonly born: number;
  readonly props: Data;
  readonly power: "running" | "stopped";
}

/** The provider: a folder with a file per object, which outlives whoever made it. */
export class ObjectFolder {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async find(matches: (object: SimulatedObject) => boolean): Promise<SimulatedObject | undefined> {
    const names = (await present(readdir(this.#path))) ?? [];
    for (const name of names.filter((each) => each.endsWith(".json"))) {
      const object = await this.get(name.slice(0, -".json".length));
      if (object && matches(object)) return object;
    }
    return undefined;
  }

  async get(id: string): Promise<SimulatedObject | undefined> {
    const text = await present(readFile(join(this.#path, `${id}.json`), "utf8"));
    return text === undefined ? undefined : (JSON.parse(text) as SimulatedObject);
  }

  async put(object: SimulatedObject): Promise<void> {
    await mkdir(this.#path, { recursive: true, mode: 0o700 });
    await writeAtomic(join(this.#path, `${object.id}.json`), JSON.stringify(object));
  }

  async remove(id: string): Promise<void> {
    await rm(join(this.#path, `${id}.json`), { force: true });
  }
}

/** What is not there is undefined; what cannot be read is an error. */
const present = <T>(reading: Promise<T>): Promise<T | undefined> =>
  reading.catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
