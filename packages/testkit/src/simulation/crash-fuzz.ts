import { type Clock, converge, type Data, newRecord, type ResourceTypes, StateManager, scopeOf } from "@machinist/core";
import { type CrashSwitch, FakeCloud, type FakeObject } from "./fake-cloud.ts";
import { FakeDisk } from "./fake-store.ts";
import { fleet, type Shape, sorts } from "./fuzz-fleet.ts";
import { type Random, seeded } from "./random.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** One process: it dies after so many steps, and from then on nothing it does has an effect. */
class Process implements CrashSwitch {
  #left: number;
  constructor(steps: number) {
    this.#left = steps;
  }
  get dead(): boolean {
    return this.#left < 0;
  }
  step(): void {
    if (this.#left < 0 || --this.#left < 0) throw new Error("killed");
  }
}

class Scenario {
  readonly random: Random;
  readonly clock = new VirtualClock();
  readonly disk = new FakeDisk();
  readonly cloud: FakeCloud;
  /** How often the reconciler was started, and how often it was killed on the way. */
  readonly count = { runs: 0, kills: 0 };
  shape: Shape = { machines: 1, version: 1, image: "x", label: 1, limit: 1 };
  /** Something ended by accident: until all is whole again, who serves is not ours to answer for. */
  damaged = false;
  /** Members that were taken out of service in a way, or at a time, that they should not. */
  readonly outages: string[] = [];
  #wanted: Shape = this.shape;
  /** Members that were once made to the end. */
  readonly #served = new Set<string>();
  /** Ids of members whose turn an earlier run began: it is on record, whether or not they went out by then. */
  #begun = new Set<string>();

  constructor(seed: number) {
    this.random = seeded(seed);
    this.cloud = new FakeCloud({ clock: this.clock, random: this.random, lagMs: this.random.pick([0, 0, 2500]) });
    this.shape.limit = this.random.pick([1, 1, 2]);
    this.cloud.onOut = (object, how) => this.#judge(object, how);
    this.cloud.faults = this.random.chance(0.3) ? { throttled: 0.05, replyLost: 0.05 } : {};
  }

  /** Run the reconciler in a process that may die on the way. Returns what went wrong, if it lived. */
  async run(shape: Shape, steps: number): Promise<string[]> {
    const process = new Process(steps);
    const store = this.disk.store(process);
    const wanted = fleet(shape);
    this.#wanted = { ...shape };
    if (shape.machines === 0) this.damaged = true; // who is to go altogether need not serve
    const scopes = new Set([...wanted.map((each) => scopeOf(each.id)), ...(await store.list())]);
    const records = await Promise.all(
      [...scopes].sort().map(async (scope) => (await store.load(scope)) ?? newRecord(scope, "f")),
    );
    const saved = records.flatMap((record) => Object.values(record.resources));
    this.#begun = new Set(saved.filter((each) => each.out || each.status === "deleting").map((each) => each.id));
    const kinds: ResourceTypes = Object.fromEntries(
      Object.entries(sorts).map(([name, like]) => [name, this.cloud.kind(name, like, process)]),
    );
    const clock: Clock = {
      now: () => this.clock.now(),
      sleep: async (ms, signal) => {
        process.step();
        await this.clock.sleep(ms, signal);
        process.step();
      },
    };
    const outcomes = await converge({
      wanted,
      stateManager: new StateManager(store, records),
      resourceTypes: kinds,
      clock,
      emit: () => {},
      signal: new AbortController().signal,
      concurrency: this.random.pick([1, 4, 16]),
      replace: true,
      random: () => this.random.next(),
      retry: { attempts: 12, baseMs: 100, capMs: 2000 },
    });
    this.count.runs++;
    if (process.dead) this.count.kills++;
    return process.dead ? [] : outcomes.flatMap((each) => (each.error ? [`${each.id}: ${each.error.message}`] : []));
  }

  /** A member may go out of service only in order, and only while enough others are wanted, there and in service. */
  #judge(object: FakeObject, how: string): void {
    if (this.damaged || this.#wanted.machines === 0 || !this.#served.has(object.id)) return;
    const name = String(object.props.machine);
    if (how === "force") this.outages.push(`${name} was interrupted in service`);
    const members = this.cloud.live("member");
    const serving = new Set(members.filter((each) => each.serving).map((each) => String(each.props.machine)));
    const wanted = Array.from({ length: this.#wanted.machines }, (_, index) => `a${index}`);
    const all = new Set([...wanted, ...members.map((each) => String(each.props.machine))]);
    // Its turn was begun when others were wanted: those that were never there do not end it.
    const counts = (each: string) =>
      !this.#begun.has(`${name}/swarm`) ||
      members.some(({ id, props }) => props.machine === each && this.#served.has(id));
    const out = [...all].filter((each) => each !== name && !serving.has(each) && counts(each));
    if (out.length >= this.#wanted.limit) this.outages.push(`${name} was ${how} while ${out.join(", ")} did not serve`);
  }

  async resume(shape: Shape): Promise<void> {
    const failures = await this.run(shape, Number.POSITIVE_INFINITY);
    if (failures.length > 0) throw new Error(`did not converge: ${failures.join("; ")}`);
    this.expect(shape);
    this.damaged = false;
    for (const each of this.cloud.live("member")) this.#served.add(each.id);
  }

  /** Exactly the wanted objects live, each once, with the wanted props. */
  expect(shape: Shape): void {
    const wanted = fleet(shape)
      .map((each) => describe(each.kind, each.props))
      .sort();
    const live = this.cloud
      .live()
      .map((each) => describe(each.kind, each.props))
      .sort();
    if (wanted.join() !== live.join()) throw new Error(`wanted ${wanted.join(" ")}; there is ${live.join(" ")}`);
    if (this.outages.length > 0) throw new Error(this.outages.join("; "));
    const resting = this.cloud.live("member").find((each) => !each.serving);
    if (resting) throw new Error(`${resting.id} was not brought back into service`);
    const ids = new Set(this.cloud.live().map((each) => each.id));
    const stray = this.cloud.live().find((each) => each.kind !== "cluster" && each.within.some((id) => !ids.has(id)));
    if (stray) throw new Error(`${stray.id} lives in something that is gone`);
    const owners = this.cloud.objects.map((each) => each.owner);
    for (const [kind, like] of Object.entries(sorts))
      if (like.token) {
        const marks = this.cloud.objects.filter((each) => each.kind === kind).map((each) => each.owner);
        if (new Set(marks).size !== marks.length) throw new Error(`an owner tag of ${kind} names two objects`);
      }
    if (owners.some((owner) => !/^[a-z][a-z0-9-]{0,62}$/.test(owner))) throw new Error("an owner tag is not one");
  }
}

const describe = (kind: string, props: Data) => `${kind}(${Object.entries(props).sort().flat().join("=")})`;

/** One life of a fleet: declared, killed, changed, damaged, killed again, resumed, destroyed. Throws what went wrong. */
async function live(seed: number): Promise<Scenario["count"]> {
  const scenario = new Scenario(seed);
  const { random } = scenario;
  for (let acts = 1 + random.below(4); acts > 0; acts--) {
    const { shape } = scenario;
    const act = random.below(6);
    if (act === 0) shape.machines = random.below(6);
    if (act === 1) shape.version++;
    if (act === 2) shape.image = random.pick(["x", "y"]);
    if (act === 3) shape.label++;
    if (act === 4 || act === 5) scenario.damaged = true;
    if (act === 4) for (const each of scenario.cloud.live()) if (random.chance(0.15)) scenario.cloud.destroy(each.id);
    if (act === 5)
      for (const each of scenario.cloud.live("vm")) if (random.chance(0.5)) each.props = { ...each.props, label: -1 };
    for (let kills = random.below(3); kills > 0; kills--)
      await scenario.run(shape, random.below(120 * (shape.machines + 1)));
    if (random.chance(0.6)) await scenario.resume(shape);
  }
  const none = { ...scenario.shape, machines: 0 };
  if (random.chance(0.5)) await scenario.run(none, random.below(120));
  await scenario.resume(none);
  await scenario.resume({ ...scenario.shape, machines: 1 });
  return scenario.count;
}

/** In virtual time nothing waits for long: a life that does waits for itself. */
async function unstuck<T>(life: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const stuck = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error("it waits for what never comes")), 60_000);
  });
  return Promise.race([life, stuck]).finally(() => clearTimeout(timer));
}

export interface FuzzCount {
  /** Fleets from first declaration to destruction and rebirth. */
  readonly lives: number;
  /** Times the reconciler was run over all. */
  readonly runs: number;
  /** Of these, times it was killed between two steps. */
  readonly kills: number;
}

/**
 * Live through random fleets from `seed` on until the reconciler has run at least `runs` times. Throws, with the seed that
 * reproduces it, for the first life that leaked, doubled or lost something.
 */
export async function crashFuzz(options: { seed: number; runs: number }): Promise<FuzzCount> {
  const total = { lives: 0, runs: 0, kills: 0 };
  for (; total.runs < options.runs; total.lives++) {
    const seed = (options.seed + total.lives) >>> 0;
    try {
      const { runs, kills } = await unstuck(live(seed));
      total.runs += runs;
      total.kills += kills;
    } catch (cause) {
      throw new Error(`${(cause as Error).message}\nReproduce it with: crashFuzz({ seed: ${seed}, runs: 1 })`, {
        cause,
      });
    }
  }
  return total;
}
