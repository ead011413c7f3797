import type { Event } from "@machinist/core";
import { scopeOf } from "@machinist/core";

/** One thing that took time, ms since 1970. */
export interface Span {
  readonly name: string;
  /** Its key, and that of what it was a part of; the run's own is empty. */
  readonly key: string;
  readonly parent: string | undefined;
  readonly from: number;
  readonly to: number;
  readonly failed: string | undefined;
  readonly attributes: { readonly [name: string]: string };
}

interface Open {
  readonly name: string;
  readonly parent: string;
  readonly from: number;
  readonly attributes: { readonly [name: string]: string };
}

const ends = new Set(["unchanged", "ready", "deleted", "blocked"]);

/** The events of a run as spans: the run, each resource in it, each step of a resource. Pure but for its own memory. */
export class Spans {
  readonly #open = new Map<string, Open>();
  readonly #done: Span[] = [];
  #run: { readonly action: string; readonly from: number; readonly attributes: Open["attributes"] } | undefined;

  add(event: Event): void {
    if (event.type === "run" && event.status === "started") {
      const fleet = event.fleet === undefined ? {} : { "machinist.fleet": event.fleet };
      this.#run = { action: event.action, from: event.at, attributes: fleet };
    } else if (event.type === "resource") {
      const { id, kind, status, at } = event;
      if (ends.has(status)) this.#end(id, at, status === "blocked" ? (event.detail ?? status) : undefined);
      else
        this.#begin(id, "", { name: id, at, attributes: { "machinist.kind": kind, "machinist.machine": scopeOf(id) } });
    } else if (event.type === "step") {
      const key = `${event.id} ${event.step}`;
      if (event.status === "applying") this.#begin(key, event.id, { name: event.step, at: event.at, attributes: {} });
      else if (event.status !== "checking") this.#end(key, event.at, event.status === "failed" ? "failed" : undefined);
    } else if (event.type === "failed") this.#end(event.id, event.at, `${event.code}: ${event.message}`);
  }

  /** All of it, when the run has ended: what was not told to be over ended then. */
  finish(at: number, failed: boolean): readonly Span[] {
    for (const key of [...this.#open.keys()]) this.#end(key, at, undefined);
    const { action = "run", from = at, attributes = {} } = this.#run ?? {};
    const run = { name: `machinist ${action}`, key: "", parent: undefined, from, to: at, attributes };
    return [{ ...run, failed: failed ? "failed" : undefined }, ...this.#done];
  }

  #begin(
    key: string,
    parent: string,
    { name, at, attributes }: { name: string; at: number; attributes: Open["attributes"] },
  ) {
    if (!this.#open.has(key)) this.#open.set(key, { name, parent, from: at, attributes });
  }

  #end(key: string, at: number, failed: string | undefined): void {
    const open = this.#open.get(key);
    if (!open) return;
    this.#open.delete(key);
    this.#done.push({ ...open, key, to: at, failed });
  }
}
