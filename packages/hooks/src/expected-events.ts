import {
  type HookEvent,
  isFleetScope,
  prerequisites,
  type Resource,
  type SavedResource,
  type ScopeRecord,
  scopeOf,
} from "@machinist/core";

/** What happens to a machine or resource of it, as its kind tells. */
interface Meaning {
  readonly there: HookEvent;
  readonly gone?: HookEvent;
  /** A change in place is the event once more. */
  readonly updated: boolean;
}

const meanings: { readonly [kind: string]: Meaning } = {
  "docker.engine": { there: "engine.ready", updated: true },
  "swarm.member": { there: "swarm.joined", gone: "swarm.left", updated: false },
  "compose.project": { there: "compose.up", gone: "compose.down", updated: true },
  "swarm.stack": { there: "stack.deployed", gone: "stack.removed", updated: true },
};
const machine: Meaning = { there: "machine.created", gone: "machine.removed", updated: false };

/** An event that a run may bring about. */
export interface ExpectedEvent {
  readonly event: HookEvent;
  readonly fleet: string;
  /** A resource, or a machine for what is about the whole of it. */
  readonly subject: string;
  readonly state: "there" | "gone";
  /** Resources that are then all there, or all gone. */
  readonly ids: readonly string[];
}

/** Which event each resource of a run is about, before and after. Pure. */
export class ExpectedEvents {
  readonly #wanted = new Map<string, Resource>();
  readonly #saved = new Map<string, SavedResource>();
  readonly #records: ReadonlyMap<string, ScopeRecord>;

  constructor(records: readonly ScopeRecord[], wanted: readonly Resource[]) {
    this.#records = new Map(records.map((record) => [record.scope, record]));
    for (const record of records) for (const saved of Object.values(record.resources)) this.#saved.set(saved.id, saved);
    for (const resource of wanted) this.#wanted.set(resource.id, resource);
  }

  /** All that the records and wishes tell: what is not there yet, and what is wanted no more. */
  all(): ExpectedEvent[] {
    const coming = [...this.#wanted.values()]
      .filter(({ id }) => !["created", "updating"].includes(this.#saved.get(id)?.status ?? ""))
      .map(({ id }) => this.event(id, "there"));
    const unfinished = [...this.#wanted.keys()]
      .filter((id) => this.#saved.get(id)?.status === "updating")
      .map((id) => this.event(id, "updated"));
    const going = [...this.#saved.keys()].filter((id) => !this.#wanted.has(id)).map((id) => this.event(id, "gone"));
    const found = [...coming, ...unfinished, ...going].filter((each) => each !== undefined);
    return [...new Map(found.map((each) => [`${each.event} ${each.subject}`, each])).values()];
  }

  /** The event that something happening to one resource is, or is a part of. */
  event(id: string, what: "there" | "updated" | "gone"): ExpectedEvent | undefined {
    const resource = this.#wanted.get(id) ?? this.#saved.get(id);
    const record = this.#records.get(scopeOf(id));
    if (!resource || !record) return undefined;
    const { fleet } = record;
    const meaning = meanings[resource.kind];
    if (meaning) {
      const event = what === "gone" ? meaning.gone : meaning.there;
      const silent = event === undefined || (what === "updated" && !meaning.updated);
      return silent ? undefined : { event, fleet, subject: id, state: what === "gone" ? what : "there", ids: [id] };
    }
    return what === "updated" ? undefined : this.#ofMachine(record, id, what);
  }

  #ofMachine(record: ScopeRecord, id: string, what: "there" | "gone"): ExpectedEvent | undefined {
    const { scope: name, fleet, machine: intent } = record;
    if (!intent || isFleetScope(name)) return undefined;
    const own = (all: Iterable<Resource>) =>
      [...all].filter((each) => scopeOf(each.id) === name && each.kind.startsWith(`${intent.driver}.`));
    const wanted = own(this.#wanted.values());
    if (what === "gone") {
      const ids = own(this.#saved.values()).map((each) => each.id);
      // One that is replaced, or loses a part, stays.
      return wanted.length > 0 || !ids.includes(id)
        ? undefined
        : { event: machine.gone as HookEvent, fleet, subject: name, state: "gone", ids };
    }
    const ids = wanted.map((each) => each.id);
    // The machine is what stands on the rest: its key alone makes none.
    const stoodOn = new Set(wanted.flatMap(prerequisites));
    return ids.includes(id) && !stoodOn.has(id)
      ? { event: machine.there, fleet, subject: name, state: "there", ids }
      : undefined;
  }
}
