import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Scene } from "./scene.ts";

/** Programs for PATH that do nothing but note how they were called. */
export class Tools {
  readonly bin: string;
  readonly #note: string;

  constructor({ home }: Scene, names: readonly string[]) {
    this.bin = join(home, "tools");
    this.#note = join(home, "called");
    mkdirSync(this.bin);
    for (const name of names) {
      writeFileSync(join(this.bin, name), `#!/bin/sh\nprintf '%s\\n' ${name} "$@" > '${this.#note}'\n`);
      chmodSync(join(this.bin, name), 0o755);
    }
  }

  /** The program that was called last and its words; empty where none was. */
  called(): string[] {
    if (!existsSync(this.#note)) return [];
    const words = readFileSync(this.#note, "utf8").split("\n").slice(0, -1);
    rmSync(this.#note);
    return words;
  }
}
