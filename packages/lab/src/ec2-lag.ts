import { reshape } from "./ec2-objects.ts";
import type { Element } from "./ec2-xml.ts";

/** What of EC2's eventual consistency a look can meet: new objects are hidden, and changed ones seem as they were. */
export class Lag {
  readonly #now: () => number;
  readonly #born = new Map<string, number>();
  readonly #changed = new Map<string, number>();
  readonly #shown = new Map<string, Element>();

  constructor(now: () => number) {
    this.#now = now;
  }

  born(ids: readonly string[]): void {
    for (const id of ids) this.#born.set(id, this.#now());
  }

  changed(ids: readonly string[]): void {
    for (const id of ids) this.#changed.set(id, this.#now());
  }

  /** Change an answer into what is seen `lagMs` late. */
  apply(action: string, root: Element, lagMs: number): void {
    const within = (times: Map<string, number>, id: string) => {
      const at = times.get(id);
      return at !== undefined && this.#now() - at < lagMs;
    };
    reshape(action, root, (id, item) => {
      if (within(this.#born, id)) return undefined;
      const before = within(this.#changed, id) ? this.#shown.get(id) : undefined;
      if (before) return before;
      this.#shown.set(id, structuredClone(item));
      return item;
    });
  }
}
