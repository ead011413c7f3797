import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Data, MachinistError, writeAtomic } from "@machinist/core";
import { batch } from "@machinist/requests";

/** One simulated object. */
export interface SimulatedObject {
  readonly id: string;
  readonly owner: string;
  readonly fleet: string;
  readonly kind: string;
  /** ms since 1970. */
  readonly born: number;
  readonly props: Data;
  readonly power: "running" | "stopped";
  readonly snapshots?: readonly { readonly name: string; readonly takenAt: number; readonly props: Data }[];
}

/** How the provider behaves; what a test kit calls a fault plan. */
export interface SimulatedFaults {
  fault(call: string): "none" | "throttle" | "error" | "cut" | "lost";
  readonly lagMs: number;
}

/** The provider: a folder with a file per object, which outlives whoever made it. */
export class ObjectFolder {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #faults: () => SimulatedFaults | undefined;
  readonly #ask: (id: string, signal: AbortSignal) => Promise<SimulatedObject | undefined>;

  constructor(path: string, clock: Clock, faults: () => SimulatedFaults | undefined) {
    this.#path = path;
    this.#clock = clock;
    this.#faults = faults;
    this.#ask = batch({
      run: (ids: readonly string[]) => this.#call("GetObjects", () => Promise.all(ids.map((id) => this.#load(id)))),
      most: 1000,
      quietMs: 10,
      clock,
    });
  }

  list(): Promise<SimulatedObject[]> {
    return this.#call("ListObjects", async () => {
      const names = (await present(readdir(this.#path))) ?? [];
      const found = await Promise.all(
        names.filter((each) => each.endsWith(".json")).map((name) => this.#load(name.slice(0, -".json".length))),
      );
      const hidden = this.#faults()?.lagMs ?? 0;
      return found.filter((object) => object !== undefined).filter(({ born }) => this.#clock.now() - born >= hidden);
    });
  }

  /** By id a new object is seen at once. One call for all who ask at about the same time. */
  get(id: string, signal: AbortSignal): Promise<SimulatedObject | undefined> {
    return this.#ask(id, signal);
  }

  /** An id given twice is one object: the provider's idempotency. */
  put(object: SimulatedObject, call = "CreateObject"): Promise<void> {
    return this.#call(call, async () => {
      await mkdir(this.#path, { recursive: true, mode: 0o700 });
      await writeAtomic(join(this.#path, `${object.id}.json`), JSON.stringify(object));
    });
  }

  remove(id: string): Promise<void> {
    return this.#call("DeleteObject", () => rm(join(this.#path, `${id}.json`), { force: true }));
  }

  async #load(id: string): Promise<SimulatedObject | undefined> {
    const text = await present(readFile(join(this.#path, `${id}.json`), "utf8"));
    return text === undefined ? undefined : (JSON.parse(text) as SimulatedObject);
  }

  async #call<T>(name: string, work: () => Promise<T>): Promise<T> {
    const fault = this.#faults()?.fault(name) ?? "none";
    if (fault === "throttle" || fault === "error" || fault === "cut") throw refusal(fault);
    const result = await work();
    if (fault === "lost") throw refusal(fault);
    return result;
  }
}

const refusal = (fault: string): MachinistError =>
  new MachinistError("simulated.fault", `The simulated provider answered with ${fault}`, { retryable: true });

/** What is not there is undefined; what cannot be read is an error. */
const present = <T>(reading: Promise<T>): Promise<T | undefined> =>
  reading.catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
