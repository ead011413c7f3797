import { join } from "node:path";
import type { AnyResourceType, Call, Data, Driver, MachineCall, Resource, States } from "@machinist/core";
import nspawn from "@machinist/driver-nspawn";
import { imageCache, type RunFolder } from "./run-folder.ts";

/** The driver's own kinds, driven by hand: no store and no loop, so that tests of those may stand on it. */
export class LabFleet {
  readonly driver: Driver;
  readonly #prefix: string;
  readonly #signal = new AbortController().signal;
  readonly states: { [id: string]: Data } = {};
  readonly #resources = new Map<string, Resource>();

  constructor(run: RunFolder) {
    this.#prefix = run.record.prefix;
    this.driver = nspawn.create({
      cacheDir: imageCache(),
      machineDir: (machine) => join(run.path, "machines", machine),
      env: process.env,
    });
  }

  /** Plan one machine: its resources become known. */
  async plan(name: string, publicKey: string, options: Data): Promise<Resource[]> {
    const machine = { name, fleet: this.#prefix, publicKey };
    const resources = await this.driver.plan(machine, options);
    for (const resource of resources) this.#resources.set(resource.id, resource);
    return resources;
  }

  async create(id: string): Promise<void> {
    const resource = this.#resource(id);
    this.states[id] = await this.#kind(resource).create(this.#call(resource));
  }

  /** What the reconciler does about one resource: look, make it if it is not there, bring it into line if it is not so. */
  async ensure(id: string): Promise<"created" | "updated" | "none"> {
    const state = await this.refresh(id);
    if (!state) {
      await this.create(id);
      return "created";
    }
    const resource = this.#resource(id);
    const kind = this.#kind(resource);
    const changed = kind.drift?.(state, resource.props) ?? [];
    if (changed.length === 0 || !kind.update) return "none";
    this.states[id] = await kind.update({ ...this.#call(resource), state, changed });
    return "updated";
  }

  /** Look for it and delete it; what is not there is fine. */
  async remove(id: string): Promise<void> {
    const resource = this.#resource(id);
    const kind = this.#kind(resource);
    const call = this.#call(resource);
    const state = (await kind.read({ ...call, state: this.states[id] })) as Data | undefined;
    if (state) await kind.delete({ ...call, state });
    delete this.states[id];
  }

  machineCall(machine: string): MachineCall {
    return { machine, states: this.states, signal: this.#signal, log: () => {} };
  }

  /** Read one resource again. */
  async refresh(id: string): Promise<Data | undefined> {
    const resource = this.#resource(id);
    const state = (await this.#kind(resource).read({ ...this.#call(resource), state: this.states[id] })) as
      | Data
      | undefined;
    if (state) this.states[id] = state;
    return state;
  }

  #resource(id: string): Resource {
    const resource = this.#resources.get(id);
    if (!resource) throw new Error(`${id} was not planned`);
    return resource;
  }

  #kind(resource: Resource): AnyResourceType {
    const kind = this.driver.resourceTypes[resource.kind];
    if (!kind) throw new Error(`No kind ${resource.kind}`);
    return kind;
  }

  #call(resource: Resource): Call {
    const seen: States = this.states;
    return {
      id: resource.id,
      fleet: this.#prefix,
      props: resource.props,
      owner: ownerOf(this.#prefix, resource.id),
      dependencies: seen,
      signal: this.#signal,
      log: () => {},
      step: () => {},
      progress: () => {},
    };
  }
}

/** The owner tag of a resource in a run: its prefix finds all of them again. */
export const ownerOf = (prefix: string, id: string): string =>
  `${prefix}-${id.replace(/[^a-z0-9]+/g, "-")}`.slice(0, 63);
