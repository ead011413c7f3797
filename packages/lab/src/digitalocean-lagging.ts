/** What something was when: whoever looks through a lag sees what it was a while ago. Absent is undefined. */
export class Lagging<T> {
  readonly #versions: { at: number; value: T | undefined }[] = [];

  constructor(at: number, value: T) {
    this.#versions.push({ at, value });
  }

  get now(): T | undefined {
    return this.#versions.at(-1)?.value;
  }

  set(at: number, value: T | undefined): void {
    this.#versions.push({ at, value });
  }

  seen(at: number): T | undefined {
    return this.#versions.findLast((version) => version.at <= at)?.value;
  }
}

/** Objects of one sort by id, as they are and as they are seen. */
export class Shelf<T> {
  readonly #all = new Map<string, Lagging<T>>();

  set(id: string, at: number, value: T | undefined): void {
    const known = this.#all.get(id);
    if (known) known.set(at, value);
    else if (value !== undefined) this.#all.set(id, new Lagging(at, value));
  }

  get(id: string): T | undefined {
    return this.#all.get(id)?.now;
  }

  all(): T[] {
    return [...this.#all.values()].flatMap((each) => each.now ?? []);
  }

  seen(id: string, at: number): T | undefined {
    return this.#all.get(id)?.seen(at);
  }

  allSeen(at: number): T[] {
    return [...this.#all.values()].flatMap((each) => each.seen(at) ?? []);
  }
}
