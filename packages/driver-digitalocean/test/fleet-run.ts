import {
  converge,
  type Data,
  newRecord,
  ownerTag,
  type Resource,
  type ScopeRecord,
  StateManager,
} from "@machinist/core";
import type { DigitalOceanLab } from "@machinist/lab";
import type { DriverWorld } from "./driver-world.ts";
import { clock } from "./lab.ts";

const nowhere = {
  list: async () => [],
  load: async () => undefined,
  save: async () => {},
  remove: async () => {},
  lock: async () => ({ release: async () => {} }),
};

/** The records of fleet demo, over which the real loop is run. */
export class FleetRun {
  readonly records: ScopeRecord[] = [];
  readonly #world: DriverWorld;

  constructor(world: DriverWorld) {
    this.#world = world;
  }

  record(scope: string): ScopeRecord {
    const known = this.records.find((each) => each.scope === scope);
    if (known) return known;
    const made = newRecord(scope, "demo");
    this.records.push(made);
    return made;
  }

  /** Remember a resource as one that is there; its state is told its owner tag. */
  async remember(resource: Resource, state: (owner: string) => Data): Promise<void> {
    const [scope = "", local = ""] = resource.id.split("/");
    const record = this.record(scope);
    record.lastGeneration += 1;
    const [generation, owner] = [record.lastGeneration, ownerTag(record.uid, local, record.lastGeneration)];
    record.resources[resource.id] = { ...resource, generation, status: "created", intentAt: 0, state: state(owner) };
  }

  /** Bring about all that these machines take, and nothing else in the scopes that are held. Throws the first failure. */
  async up(
    machines: { readonly [name: string]: Data },
    untouched: ReadonlySet<string> = new Set(),
  ): Promise<Resource[]> {
    const plans = await Promise.all(Object.entries(machines).map(([name, more]) => this.#world.plan(name, more)));
    const wanted = [...new Map(plans.flat().map((each) => [each.id, each])).values()];
    for (const { id } of wanted) this.record(id.slice(0, id.indexOf("/")));
    const outcomes = await converge({
      ...{ wanted, untouched, clock, emit: () => {}, signal: new AbortController().signal },
      stateManager: new StateManager(nowhere, this.records),
      resourceTypes: this.#world.driver.resourceTypes,
    });
    for (const { id, change, error } of outcomes)
      if (error) throw new Error(`${id} ${change}: ${error.message}`, { cause: error });
    return wanted;
  }
}

/** What a droplet lets in over TCP from addresses: DigitalOcean adds up all firewalls that cover it. */
export function openings(lab: DigitalOceanLab, machine: string): string[] | "everything" {
  const droplet = lab.world.droplets.all().find(({ name }) => name.startsWith(`${machine}.`));
  const over = lab.world.firewalls.all().filter(({ tags }) => tags.some((tag) => droplet?.tags.includes(tag)));
  if (over.length === 0) return "everything";
  return [
    ...new Set(over.flatMap(({ inbound_rules }) => (inbound_rules as unknown as Rule[]).flatMap(openedBy))),
  ].sort();
}

/** Whether a firewall of one lets in the other, as members of a fleet do. */
export function reaches(lab: DigitalOceanLab, from: string, to: string): boolean {
  const find = (machine: string) => lab.world.droplets.all().find(({ name }) => name.startsWith(`${machine}.`))!;
  const [one, other] = [find(from), find(to)];
  return lab.world.firewalls
    .all()
    .filter(({ tags }) => tags.some((tag) => other.tags.includes(tag)))
    .flatMap(({ inbound_rules }) => inbound_rules as unknown as Rule[])
    .some(({ sources }) => sources.tags?.some((tag) => one.tags.includes(tag)));
}

interface Rule {
  readonly ports: string;
  readonly sources: { readonly addresses?: readonly string[]; readonly tags?: readonly string[] };
}

const openedBy = ({ ports, sources }: Rule): string[] => (sources.addresses ?? []).map((each) => `${ports} ${each}`);
