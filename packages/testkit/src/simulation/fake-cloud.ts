import { type Call, type Data, MachinistError, ownerSpent, type ResourceType, same } from "@machinist/core";
import type { Random } from "./random.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** One object in the fake cloud. */
export interface FakeObject {
  readonly id: string;
  readonly kind: string;
  readonly owner: string;
  props: Data;
  readonly born: number;
  /** Cloud ids of the objects it lives in. */
  readonly within: string[];
  deadAt?: number;
  /** It does its work: false from when it was drained until it was updated. */
  serving: boolean;
}

/** What a sort of fake object is like. */
export interface FakeKind {
  /** The provider deduplicates creating requests by owner tag. */
  readonly token?: boolean;
  /** ms from birth until it is ready. */
  readonly bootMs?: number;
  readonly updatable?: boolean;
  readonly immutable?: readonly string[];
  readonly contained?: boolean;
  readonly external?: boolean;
  /** ms from the delete request until it is gone; until then it is still seen. */
  readonly dyingMs?: number;
  /** It cannot be deleted while something lives in it. */
  readonly guarded?: boolean;
  /** It can only be made in objects that live and are ready; it dies when all of them (`all`) or any of them (`any`) die. */
  readonly dies?: "any" | "all";
  /**
   * What is made in it and in other places makes it live in these too, unless its prop `carries` is false: as a Swarm lives
   * in its managers, and without them ends for its workers as well.
   */
  readonly spreads?: boolean;
  /** It can be drained. */
  readonly drainable?: boolean;
  /** Props whose update interrupts it and what lives in it. */
  readonly interrupts?: readonly string[];
}

/** What goes wrong, as probabilities per request. */
export interface Faults {
  /** Refused before it took effect. */
  readonly throttled?: number;
  /** It took effect, but the answer was lost. */
  readonly replyLost?: number;
}

/** Stands for the process that makes requests; a test kills it between any two of its steps. */
export interface CrashSwitch {
  /** Called before and after each effect; throws when the process is dead. */
  step(): void;
}

/**
 * A cloud with the habits of real ones: new objects are invisible for a while, names are not unique, requests are
 * throttled, answers get lost.
 */
export class FakeCloud {
  readonly objects: FakeObject[] = [];
  /** Requests answered, by name. */
  readonly requests = new Map<string, number>();
  readonly lagMs: number;
  readonly clock: VirtualClock;
  faults: Faults = {};
  /** Told of each object in service that a request takes out of it: in order (`drained`, `deleted`), or by `force`. */
  onOut: (object: FakeObject, how: "drained" | "deleted" | "force") => void = () => {};
  readonly #random: Random;
  #serial = 0;

  constructor(options: { clock: VirtualClock; random: Random; lagMs?: number }) {
    this.clock = options.clock;
    this.#random = options.random;
    this.lagMs = options.lagMs ?? 0;
  }

  live(kind?: string): FakeObject[] {
    const now = this.clock.now();
    return this.objects.filter(
      (each) => (each.deadAt === undefined || each.deadAt > now) && (kind === undefined || each.kind === kind),
    );
  }

  /** End an object as an accident would, with what lives in it. */
  destroy(id: string, afterMs = 0): void {
    const object = this.objects.find((each) => each.id === id);
    if (!object || object.deadAt !== undefined) return;
    object.deadAt = this.clock.now() + afterMs;
    for (const other of this.live())
      if (other.within.includes(id)) {
        const kind = this.#kinds.get(other.kind);
        const gone = other.within.map((each) => this.objects.find((one) => one.id === each)?.deadAt !== undefined);
        if (kind?.dies === "any" || (kind?.dies === "all" && gone.every(Boolean))) this.destroy(other.id, afterMs);
      }
  }

  readonly #kinds = new Map<string, FakeKind>();

  /** The contract's view of one sort of object, for one process. */
  kind(name: string, like: FakeKind, process: CrashSwitch): ResourceType {
    this.#kinds.set(name, like);
    const around = <T>(request: string, effect: () => T) => this.#around(`${name}.${request}`, process, effect);
    const kind: ResourceType = {
      read: (call) => around("read", () => this.#read(name, call, call.state)),
      create: (call) => around("create", () => this.#create(name, like, call)),
      delete: (call) => around("delete", () => this.#delete(like, String(call.state.id))),
      ready: (state) => (state.up === true ? true : "it to boot"),
      drift: (state, props) => Object.keys(props).filter((key) => (state.props as Data)[key] !== props[key]),
      consistencyWindowMs: this.lagMs === 0 ? 0 : this.lagMs + 1000,
      pollIntervalMs: 500,
      ...(like.contained ? { deletedWithParent: true } : {}),
      ...(like.external ? { retainOnDelete: true } : {}),
      ...(like.immutable ? { requiresReplace: like.immutable } : {}),
    };
    const { interrupts } = like;
    if (interrupts) kind.interrupts = (changed) => changed.some((prop) => interrupts.includes(prop));
    if (like.drainable)
      kind.drain = (call) =>
        around("drain", () => {
          const object = this.live().find((each) => each.id === call.state.id);
          if (object) this.#out(object, "drained");
        });
    if (like.updatable) {
      kind.update = (call) =>
        around("update", () => {
          const object = this.#alive(String(call.state.id));
          if (interrupts?.some((prop) => object.props[prop] !== call.props[prop])) this.#interrupt(object.id);
          object.props = { ...call.props };
          object.serving = true;
          return this.#state(object);
        });
    }
    return kind;
  }

  async #around<T>(request: string, process: CrashSwitch, effect: () => T): Promise<T> {
    process.step();
    for (let turns = this.#random.below(3); turns > 0; turns--) await undefined; // others may come between
    process.step();
    if (this.#random.next() < (this.faults.throttled ?? 0)) throw busy("fake.throttled");
    this.requests.set(request, (this.requests.get(request) ?? 0) + 1);
    const result = effect();
    process.step(); // the object is there, and nobody was told
    await undefined;
    process.step();
    if (this.#random.next() < (this.faults.replyLost ?? 0)) throw busy("fake.reply-lost");
    return result;
  }

  #read(name: string, call: Call, state: Data | undefined): Data | undefined {
    const now = this.clock.now();
    const object = this.live(name).find(
      (each) => now >= each.born + this.lagMs && (state ? each.id === state.id : each.owner === call.owner),
    );
    return object && this.#state(object);
  }

  #create(name: string, like: FakeKind, call: Call): Data {
    if (like.token) {
      const known = this.objects.find((each) => each.kind === name && each.owner === call.owner);
      if (known?.deadAt !== undefined)
        throw new MachinistError(ownerSpent, "The token of a dead object was used again");
      if (known && !same(known.props, call.props))
        throw new MachinistError("fake.token", "A token came back with different parameters");
      if (known) return this.#state(known);
    }
    const within = Object.values(call.dependencies).map((state) => String(state.id));
    for (const id of like.dies ? within : []) {
      const place = this.#alive(id);
      if (!this.#isUp(place))
        throw new MachinistError("fake.early", `${call.id} was made in ${id}, which is not ready`);
    }
    const object = {
      serving: true,
      id: `${name}-${++this.#serial}`,
      kind: name,
      owner: call.owner,
      props: { ...call.props },
      born: this.clock.now(),
      within,
    };
    this.objects.push(object);
    for (const place of call.props.carries === false ? [] : this.live())
      if (within.includes(place.id) && this.#kinds.get(place.kind)?.spreads)
        place.within.push(...within.filter((id) => id !== place.id));
    return this.#state(object);
  }

  #delete(like: FakeKind, id: string): void {
    const inside = like.guarded ? this.live().find((each) => each.within.includes(id)) : undefined;
    if (inside) throw new MachinistError("fake.in-use", `${id} is in use by ${inside.id}`);
    const object = this.live().find((each) => each.id === id);
    if (object && like.drainable) this.#out(object, "deleted");
    this.#interrupt(id);
    this.destroy(id, like.dyingMs ?? 0);
  }

  /** Whatever lives in it is out of service, in order or not. */
  #interrupt(id: string): void {
    for (const object of this.live())
      if (object.within.includes(id) && !this.#kinds.get(object.kind)?.spreads) this.#out(object, "force");
  }

  #out(object: FakeObject, how: "drained" | "deleted" | "force"): void {
    if (object.serving && this.#kinds.get(object.kind)?.drainable) {
      this.onOut(object, how);
      if (how !== "force") object.serving = false; // what was interrupted comes up again by itself
    }
    if (how === "force") this.#interrupt(object.id);
  }

  #alive(id: string): FakeObject {
    const object = this.live().find((each) => each.id === id);
    if (!object) throw new MachinistError("fake.dead", `There is no ${id}`);
    return object;
  }

  #isUp(object: FakeObject): boolean {
    return this.clock.now() >= object.born + (this.#kinds.get(object.kind)?.bootMs ?? 0);
  }

  #state(object: FakeObject): Data {
    return { id: object.id, up: this.#isUp(object), serving: object.serving, props: { ...object.props } };
  }
}

const busy = (code: string) => new MachinistError(code, "The cloud is busy", { retryable: true });
