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
    const names = await readdir(this.#path).catch(() => [] as string[]);
    for (const name of names.filter((each) => each.endsWith(".json"))) {
      const text = await readFile(join(this.#path, name), "utf8").catch(() => undefined);
      if (text === undefined) continue;
      const object = JSON.parse(text) as SimulatedObject;
      if (matches(object)) return object;
    }
    return undefined;
  }

  async get(id: string): Promise<SimulatedObject | undefined> {
    const text = await readFile(join(this.#path, `${id}.json`), "utf8").catch(() => undefined);
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
