import type { Resource, RollingGroup } from "../contract/resource.ts";
import type { SavedResource } from "../contract/store.ts";
import { asMachinistError } from "../error.ts";
import { dependents } from "../graph.ts";
import { find } from "./observe.ts";
import type { RolloutLimiter } from "./rollout-limiter.ts";
import type { Session } from "./session.ts";

export interface RollingOptions {
  readonly session: Session;
  readonly wanted: readonly Resource[];
  readonly unwanted: readonly SavedResource[];
  readonly turns: RolloutLimiter;
  /** Told of what is there and stays as it is while something below it waits for its turn. */
  readonly onStanding: (id: string) => void;
}

/**
 * Lets members of rolling groups go out of service a few at a time. A turn begins before the first thing that interrupts
 * a member and ends when the member's own part of the run is done. That it is out is on record, so the next run after a
 * crash knows it and brings it back before it touches another.
 */
export class Rolling {
  readonly #options: RollingOptions;
  /** Members by id, with their groups as wanted. */
  readonly #members = new Map<string, readonly RollingGroup[]>();
  readonly #leaving: SavedResource[];
  readonly #turns = new Map<string, Promise<void>>();
  /** Names of the groups of which somebody went out of service in this run. */
  readonly #shaken = new Set<string>();
  #cordoned: Promise<unknown> | undefined;

  constructor(options: RollingOptions) {
    this.#options = options;
    const { wanted, unwanted, session, turns } = options;
    const limits = new Map(wanted.flatMap(({ rolling = [] }) => rolling.map((group) => [group.name, group] as const)));
    // Of a group that ends as a whole nobody stays to serve: its members need no turns.
    const goesOn = ({ parents }: Resource) => parents.some((id) => !session.stateManager.holds(id));
    const living = (each: Resource) =>
      (each.rolling ?? []).flatMap((group) => limits.get(group.name) ?? (goesOn(each) ? group : []));
    for (const each of [...unwanted, ...wanted]) if (living(each).length > 0) this.#members.set(each.id, living(each));
    this.#leaving = unwanted.filter(({ id }) => this.#members.has(id));
    for (const [id, groups] of this.#members) {
      const saved = session.stateManager.saved(id);
      // New ones come first: what is to go stays until they serve.
      if (!saved || saved.out || saved.status === "creating" || saved.status === "deleting")
        this.#occupy(id, groups, turns);
    }
  }

  #occupy(id: string, groups: readonly RollingGroup[], turns: RolloutLimiter): void {
    turns.occupy(id, groups);
    this.#turns.set(id, Promise.resolve());
  }

  /** Before a resource is interrupted or replaced: the turn of the member that lives in it, and its drain. */
  async interrupt(resource: Resource): Promise<void> {
    const member = this.#living(resource.id);
    if (member === undefined) return;
    // One that is gone already serves nobody: to wait until the others do would be to wait for what waits for it.
    if (!this.#turns.has(member.id) && !(await this.#isThere(member, resource))) return this.vanished(member.id);
    await this.#turn(member.id, resource);
    if (member.id !== resource.id) await this.#drain(member.id);
  }

  /**
   * A resource was seen to be gone: the members that lived in it are out of service. Those that are to be interrupted
   * keep their place in the queue, since what is recreated may be made in what they live in; those that leave may go.
   */
  vanished(id: string): void {
    for (const member of this.#livingIn(id))
      if (!this.#turns.has(member) || this.#leaving.some((each) => each.id === member)) this.#leave(member);
  }

  #leave(member: string): void {
    this.#shake(member);
    this.#occupy(member, this.#members.get(member) ?? [], this.#options.turns);
  }

  /** Before a member that nobody wants any more is removed. */
  async remove(saved: SavedResource): Promise<void> {
    if (!this.#leaving.some(({ id }) => id === saved.id)) return;
    // All that will go take on nothing new from the start: work would be moved onto the next to go.
    if (this.#leaving.length > 1) await this.#cordon();
    let cordoned: Promise<unknown> | undefined;
    await this.#turn(saved.id, saved, () => {
      cordoned = this.#cordon();
    });
    await cordoned;
  }

  /** Whether somebody of a member's group went out of service: what it was when its own part was done may hold no longer. */
  wasShaken(id: string): boolean {
    return this.#members.get(id)?.some(({ name }) => this.#shaken.has(name)) ?? false;
  }

  #shake(member: string): void {
    for (const { name } of this.#members.get(member) ?? []) this.#shaken.add(name);
  }

  /** A resource's own part of the run went well: it serves, or is gone. */
  async back(id: string): Promise<void> {
    if (!this.#turns.has(id)) return;
    const { stateManager } = this.#options.session;
    const saved = stateManager.saved(id);
    if (saved?.out) {
      const { out: _back, ...rest } = saved;
      await stateManager.put(rest);
    }
    this.#options.turns.leave(id, true);
  }

  /** A resource's own part of the run failed: where it is out of service, it stays so. */
  failed(id: string): void {
    if (this.#turns.has(id)) this.#options.turns.leave(id, false);
  }

  /** Whether a member and what it lives in, from a resource on, are there. What cannot be told is: it may serve. */
  async #isThere(member: SavedResource, from: Resource): Promise<boolean> {
    const { session } = this.#options;
    const above = reached(from.id, dependents(session.stateManager.all()));
    const between = [...above].filter((id) => id !== from.id && this.#livingIn(id).includes(member.id));
    const isThere = async (id: string): Promise<boolean> => {
      const saved = session.stateManager.saved(id);
      return saved === undefined || (await find(session, saved).catch(() => true)) !== undefined;
    };
    return (await Promise.all(between.map(isThere))).every(Boolean);
  }

  #turn(member: string, of: Resource, onWait?: () => void): Promise<void> {
    const { session, turns, onStanding } = this.#options;
    this.#shake(member);
    const known = this.#turns.get(member);
    if (known) return known;
    const turn = turns.take(member, this.#members.get(member) ?? [], session.signal, () => {
      onWait?.();
      for (const id of this.#above(of.id)) onStanding(id);
      session.status(of, "waiting", "its turn: the others of its group have to serve");
    });
    this.#turns.set(member, turn);
    return turn;
  }

  async #drain(id: string): Promise<void> {
    const { session } = this.#options;
    const saved = session.stateManager.saved(id);
    const kind = saved && session.kind(saved);
    if (!saved?.state || !kind?.update || saved.status === "deleting") return;
    const { state } = saved;
    await session.stateManager.put({ ...saved, status: "updating", out: true });
    if (!kind.drain) return;
    session.status(saved, "updating", "out of service");
    const drain = kind.drain.bind(kind);
    await session.askAgain(saved, saved.generation, (call) => drain({ ...call, state }));
  }

  #cordon(): Promise<unknown> {
    this.#cordoned ??= this.#cordonAll();
    return this.#cordoned;
  }

  #cordonAll(): Promise<unknown> {
    const { session } = this.#options;
    return Promise.all(
      this.#leaving.map(async (saved) => {
        const kind = session.kind(saved);
        const { state } = saved;
        if (!kind.cordon || !state) return;
        const cordon = kind.cordon.bind(kind);
        // What cannot be told now is drained all the same when its turn comes.
        await session
          .ask(saved, saved.generation, (call) => cordon({ ...call, state }))
          .catch((thrown) => session.log(saved.id, asMachinistError(thrown).message));
      }),
    );
  }

  /** The one member that lives in a resource or is it. Where several do, they are interrupted together, by agreement. */
  #living(id: string): SavedResource | undefined {
    const [only, ...more] = this.#livingIn(id);
    return only === undefined || more.length > 0 ? undefined : this.#options.session.stateManager.saved(only);
  }

  #livingIn(id: string): string[] {
    const all = this.#options.session.stateManager.all();
    return [...reached(id, dependents(all.map(({ id, parents }) => ({ id, parents }))))].filter((each) =>
      this.#members.has(each),
    );
  }

  /** A resource and everything that is there and stands on it, in whatever way. */
  #above(id: string): string[] {
    const { stateManager } = this.#options.session;
    return [...reached(id, dependents(stateManager.all()))].filter(
      (each) => stateManager.saved(each)?.state !== undefined,
    );
  }
}

function reached(id: string, needing: ReadonlyMap<string, string[]>): Set<string> {
  const found = new Set([id]);
  for (const each of found) for (const next of needing.get(each) ?? []) found.add(next);
  return found;
}
