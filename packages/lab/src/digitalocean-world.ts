import { randomUUID } from "node:crypto";
import type { Clock } from "@machinist/core";
import { regions } from "./digitalocean-catalogue.ts";
import { Shelf } from "./digitalocean-lagging.ts";

export interface StoredKey {
  readonly id: number;
  readonly name: string;
  readonly fingerprint: string;
  readonly public_key: string;
}
export interface StoredDroplet {
  readonly id: number;
  readonly name: string;
  readonly status: "new" | "active" | "off";
  readonly created_at: string;
  readonly region: string;
  readonly size: string;
  /** GB: what its first size had, until a resize grew it. */
  readonly disk: number;
  readonly image: number;
  readonly tags: readonly string[];
  readonly vpc: string;
  readonly ipv6: boolean;
  readonly backups: boolean;
  readonly address: string;
  readonly privateAddress: string;
  /** An action is under way, or it is being destroyed. */
  readonly busy: "" | "action" | "destroy";
}
export interface StoredAction {
  readonly id: number;
  readonly type: string;
  readonly status: "in-progress" | "completed" | "errored";
  readonly droplet: number;
  readonly region: string;
  readonly started_at: string;
  readonly completed_at: string | null;
}
export interface StoredFirewall {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
  readonly inbound_rules: readonly Rule[];
  readonly outbound_rules: readonly Rule[];
  readonly droplet_ids: readonly number[];
  readonly tags: readonly string[];
}
type Rule = Record<string, unknown>;
export interface StoredVpc {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly description: string;
  readonly ip_range: string;
  readonly created_at: string;
  readonly default: boolean;
}

/** An answer that is no success, in DigitalOcean's words. */
export class Refusal extends Error {
  readonly status: number;
  readonly id: string;

  constructor(status: number, id: string, message: string) {
    super(message);
    this.status = status;
    this.id = id;
  }
}

export const notFound = (): Refusal =>
  new Refusal(404, "not_found", "The resource you were accessing could not be found.");
export const unprocessable = (message: string): Refusal => new Refusal(422, "unprocessable_entity", message);

/** All that one made-up account holds, and time as it passes there. */
export class World {
  readonly clock: Clock;
  readonly keys = new Shelf<StoredKey>();
  readonly droplets = new Shelf<StoredDroplet>();
  readonly actions = new Shelf<StoredAction>();
  readonly firewalls = new Shelf<StoredFirewall>();
  readonly tags = new Shelf<string>();
  readonly vpcs = new Shelf<StoredVpc>();
  /** How old what is seen is, in ms. */
  lagMs = 0;
  dropletLimit: number;
  status: "active" | "warning" | "locked" = "active";
  readonly account = { uuid: randomUUID(), team: randomUUID() };
  #lastId = 400_000_000;
  #due: { at: number; work: (at: number) => void }[] = [];

  constructor(clock: Clock, dropletLimit: number) {
    this.clock = clock;
    this.dropletLimit = dropletLimit;
    for (const [index, { slug }] of regions.entries()) {
      const id = randomUUID();
      const range = { ip_range: `10.${100 + index}.0.0/20`, description: "", created_at: this.stamp(0), default: true };
      this.vpcs.set(id, 0, { id, name: `default-${slug}`, region: slug, ...range });
    }
  }

  get now(): number {
    return this.clock.now();
  }

  /** The moment that those who look see. */
  get seen(): number {
    return this.now - this.lagMs;
  }

  stamp(at = this.now): string {
    return `${new Date(at).toISOString().slice(0, 19)}Z`;
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** Let something happen later. It happens when the next request comes after that moment, dated to it. */
  later(ms: number, work: (at: number) => void): void {
    this.#due.push({ at: this.now + ms, work });
  }

  /** Let everything happen that is due. */
  catchUp(): void {
    for (;;) {
      const { now } = this;
      const due = this.#due.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
      if (due.length === 0) return;
      this.#due = this.#due.filter(({ at }) => at > now);
      for (const { at, work } of due) work(at);
    }
  }
}
