import type { SavedResource } from "../contract/store.ts";
import { MachinistError } from "../error.ts";
import { dependents } from "../graph.ts";
import { find } from "./observe.ts";
import type { Rolling } from "./rolling.ts";
import type { Session } from "./session.ts";

interface Manner {
  readonly abandon?: boolean;
  readonly lost?: ReadonlySet<string>;
}

/**
 * Removes resources, those that need them first, each once however many ask. What is in `doomed` goes in this run;
 * what only ends with its parents is not asked about when all of them are destroyed.
 */
export class Remover {
  readonly removed: string[] = [];
  readonly #session: Session;
  readonly #rolling: Rolling;
  readonly #doomed: Set<string>;
  /** See {@link ConvergeInput.abandon}. */
  readonly #abandon: boolean;
  /** See {@link ConvergeInput.lost}. */
  readonly #lost: ReadonlySet<string>;
  /** Families that are being removed so that they can be recreated. */
  readonly #clearing = new Set<string>();
  readonly #tasks = new Map<string, Promise<void>>();

  constructor(session: Session, doomed: Iterable<string>, rolling: Rolling, { abandon, lost }: Manner = {}) {
    this.#session = session;
    this.#rolling = rolling;
    this.#doomed = new Set(doomed);
    this.#abandon = abandon ?? false;
    this.#lost = lost ?? new Set();
  }

  /** Remove a resource that is wanted no more, after those that need it. */
  remove(id: string): Promise<void> {
    this.#doomed.add(id);
    return this.#task(id);
  }

  /** Remove a resource with all that lives in it, so that the same ids can be recreated in this run. */
  async clear(id: string): Promise<void> {
    const family = this.#family(id);
    for (const set of [this.#doomed, this.#clearing]) for (const each of family) set.add(each);
    await this.#task(id);
    for (const each of family) {
      this.#tasks.delete(each);
      this.#doomed.delete(each);
      this.#clearing.delete(each);
    }
  }

  /** Like {@link clear} for one that was seen to be gone: what lived in it is told so by an absent state. */
  async forget(id: string): Promise<void> {
    const saved = this.#session.stateManager.saved(id);
    if (!saved) return;
    const { state: _gone, ...rest } = saved;
    await this.#session.stateManager.put({ ...rest, status: "deleting" });
    await this.clear(id);
  }

  #task(id: string): Promise<void> {
    const known = this.#tasks.get(id);
    if (known) return known;
    const task = this.#childrenThen(id, () => this.#delete(id));
    this.#tasks.set(id, task);
    return task;
  }

  async #childrenThen(id: string, then: () => Promise<void>): Promise<void> {
    const needing = dependents(this.#session.stateManager.all()).get(id) ?? [];
    const results = await Promise.allSettled(
      needing.filter((each) => this.#doomed.has(each)).map((each) => this.#task(each)),
    );
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw new BlockedError(id, failed.reason);
    await then();
  }

  async #delete(id: string): Promise<void> {
    const saved = this.#session.stateManager.saved(id);
    if (!saved) return;
    const kind = this.#session.kind(saved);
    if (kind.deletedWithParent && this.#ends(saved, (parent) => this.#dies(parent))) return; // dropped with its parents
    if (!this.#clearing.has(id)) await this.#rolling.remove(saved);
    if (!saved.borrowed && !this.#lost.has(id)) await this.#destroy(saved);
    await this.#drop(id);
  }

  async #destroy(saved: SavedResource): Promise<void> {
    const session = this.#session;
    const kind = session.kind(saved);
    const state = kind.deleteIsFinal && saved.state ? saved.state : await find(session, saved);
    if (!state) return;
    const entry: SavedResource = { ...saved, status: "deleting", state };
    await session.stateManager.put(entry);
    session.status(saved, "deleting");
    await session.askAgain(saved, saved.generation, (call) => kind.delete({ ...call, state }));
    if (kind.retainOnDelete || kind.deleteIsFinal) return; // it was only let go, or the kind has seen to it
    const start = session.clock.now();
    for (;;) {
      // Law 4: only what was seen to be gone is forgotten.
      if (!(await session.read(saved, saved.generation, state))) return;
      if (session.clock.now() - start >= (kind.readyTimeoutMs ?? 300_000))
        throw new MachinistError("resource.timeout", `${saved.id} is still there after it was deleted`, {
          hint: "Run the same command again to go on waiting",
        });
      session.status(saved, "waiting", "it to be gone");
      await session.clock.sleep(kind.pollIntervalMs ?? 1000, session.signal);
    }
  }

  /** Forget a resource that is gone, in one write with everything that ended with it. */
  async #drop(id: string): Promise<void> {
    const { stateManager } = this.#session;
    const gone: SavedResource[] = [];
    const collect = (each: string) => {
      const saved = stateManager.saved(each);
      if (!saved || gone.includes(saved)) return;
      gone.push(saved);
      for (const other of stateManager.all())
        if (
          this.#session.kind(other).deletedWithParent &&
          this.#lifeline(other).includes(each) &&
          this.#ends(other, (parent) => this.#isGone(parent, gone))
        )
          collect(other.id);
    };
    collect(id);
    await stateManager.drop(gone.map((each) => each.id));
    for (const each of gone) {
      this.removed.push(each.id);
      this.#session.status(each, "deleted");
    }
  }

  /** Whether something contained ends, by what becomes of what it is contained in. */
  #ends(saved: SavedResource, of: (parent: string) => boolean): boolean {
    const lifeline = this.#lifeline(saved);
    return this.#abandon ? lifeline.some(of) : lifeline.every(of);
  }

  #isGone(id: string, gone: readonly SavedResource[]): boolean {
    return gone.some((each) => each.id === id) || !this.#session.stateManager.saved(id);
  }

  /** Whether the real thing will be destroyed in this run, and with it what lives in it. */
  #dies(id: string): boolean {
    const saved = this.#session.stateManager.saved(id);
    if (!saved) return this.#session.stateManager.state(id) === undefined;
    if (!this.#doomed.has(id)) return false;
    const kind = this.#session.kind(saved);
    if (kind.retainOnDelete) return false;
    return !kind.deletedWithParent || this.#lifeline(saved).every((parent) => this.#dies(parent));
  }

  #lifeline = (saved: SavedResource): readonly string[] =>
    saved.parents.length > 0 ? saved.parents : (saved.after ?? []);

  /** A resource and all that ends with it: what lives in it, and what is contained in nothing else, directly or not. */
  #family(id: string): string[] {
    const family = new Set([id]);
    const all = this.#session.stateManager.all();
    // Two families may end at the same time, and only together be all that something was contained in.
    const ends = (place: string) =>
      family.has(place) || this.#clearing.has(place) || this.#session.stateManager.state(place) === undefined;
    const joins = (each: SavedResource) =>
      each.parents.length > 0 || !this.#session.kind(each).deletedWithParent
        ? each.parents.some((parent) => family.has(parent))
        : each.after?.some((place) => family.has(place)) && each.after.every(ends);
    for (let grown = true; grown; ) {
      const more = all.filter((each) => !family.has(each.id) && joins(each));
      for (const each of more) family.add(each.id);
      grown = more.length > 0;
    }
    return [...family];
  }
}

/** Could not be tried, because something it waits for failed. */
export class BlockedError extends MachinistError {
  constructor(id: string, cause: unknown) {
    super("blocked", `${id} waits for something that failed`, { cause });
  }
}
