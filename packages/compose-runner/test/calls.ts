import type { AnyResourceType, Call, Data, Resource, States } from "@machinist/core";

/** What the reconciler would do with one resource, a step at a time. */
export class Hand {
  readonly states: { [id: string]: Data } = {};
  readonly logged: string[] = [];
  readonly owner: string;

  constructor(owner: string) {
    this.owner = owner;
  }

  call(resource: Resource, fleet = "demo"): Call {
    const needed = [...resource.parents, ...(resource.after ?? [])];
    const seen: States = Object.fromEntries(
      needed.flatMap((id) => (this.states[id] === undefined ? [] : [[id, this.states[id]]])),
    );
    return {
      id: resource.id,
      fleet,
      props: resource.props,
      owner: this.owner,
      dependencies: seen,
      signal: AbortSignal.timeout(120_000),
      log: (message) => void this.logged.push(message),
      step: () => {},
      progress: () => {},
    };
  }

  async read(kind: AnyResourceType, resource: Resource): Promise<Data | undefined> {
    const seen: Data | undefined = await kind.read({ ...this.call(resource), state: this.states[resource.id] });
    if (seen === undefined) delete this.states[resource.id];
    else this.states[resource.id] = seen;
    return seen;
  }

  /** Create it and wait until it is ready. */
  async create(kind: AnyResourceType, resource: Resource): Promise<Data> {
    const made: Data = await kind.create(this.call(resource));
    this.states[resource.id] = made;
    return this.wait(kind, resource);
  }

  async update(kind: AnyResourceType, resource: Resource, changed: readonly string[]): Promise<Data> {
    const updated: Data = await kind.update?.({ ...this.call(resource), state: this.states[resource.id], changed });
    this.states[resource.id] = updated;
    return this.wait(kind, resource);
  }

  async delete(kind: AnyResourceType, resource: Resource): Promise<void> {
    await kind.delete({ ...this.call(resource), state: this.states[resource.id] });
  }

  async wait(kind: AnyResourceType, resource: Resource): Promise<Data> {
    const until = Date.now() + (kind.readyTimeoutMs ?? 300_000);
    for (;;) {
      const state = this.states[resource.id];
      const ready = state === undefined ? "it to be there" : (kind.ready?.(state, resource.props) ?? true);
      if (ready === true && state !== undefined) return state;
      if (Date.now() > until) throw new Error(`${resource.id} still waits for ${ready}`);
      await new Promise((resolve) => setTimeout(resolve, kind.pollIntervalMs ?? 1_000));
      await this.read(kind, resource);
    }
  }
}
