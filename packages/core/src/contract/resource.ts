import type { Data } from "./data.ts";

/**
 * One thing we want to exist: a VM, Docker on a host, a Swarm membership. Plain data, so that it can be saved, compared
 * and sent to a driver in another process.
 */
export interface Resource {
  /**
   * `SCOPE/NAME`, unique in a store: `worker-1/instance` belongs to machine worker-1, `@demo/network` to fleet demo
   * (no machine name can start with `@`).
   */
  readonly id: string;
  /** Names the {@link Kind} that manages it, for example `nspawn.machine`. */
  readonly kind: string;
  readonly props: Data;
  /**
   * What it lives in or on: created before it, deleted after it, and when a parent is replaced this is recreated.
   * Ids, possibly of other scopes.
   */
  readonly parents: readonly string[];
  /** What must be there before it and go after it, but whose replacement leaves it alone. */
  readonly after?: readonly string[];
  /** The groups whose members are taken out of service a few at a time; all members name them in the same order. */
  readonly rolling?: readonly RollingGroup[];
}

/**
 * Resources that serve together (the nodes of one Swarm). What interrupts or removes one of them, or what it lives in,
 * waits for its turn: at most `limit` are out of service at once, and one that does not come back ends the change.
 */
export interface RollingGroup {
  readonly name: string;
  /** At least 1. */
  readonly limit: number;
}

/** The part of a resource id before the slash: a machine's name, or `@` and a fleet's. */
export const scopeOf = (id: string): string => id.slice(0, id.indexOf("/"));

/** The part of a resource id after the slash. */
export const localOf = (id: string): string => id.slice(id.indexOf("/") + 1);

/** The scope that holds what the machines of a fleet share. */
export const fleetScope = (fleet: string): string => `@${fleet}`;

/** Whether a scope is a fleet's (`@demo`) rather than one machine's. */
export const isFleetScope = (scope: string): boolean => scope.startsWith("@");
