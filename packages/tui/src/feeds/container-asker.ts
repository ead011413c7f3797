import { createLimit, type EngineApi } from "@machinist/core";
import { containerRows, type ListedContainer } from "../docker/container-rows.ts";
import { type Sample, type Stats, sampleOf, type Usage, usageOf } from "../docker/usage.ts";
import type { Row } from "../state/rows.ts";

/** What so many containers use is asked; each costs its host a look into the kernel. */
const mostWatched = 40;
const timeoutMs = 5000;

/** Lists one machine's containers, and what those that run use. Keeps the looks before, as a share takes two. */
export class ContainerAsker {
  #samples = new Map<string, Sample>();
  #usage = new Map<string, Usage>();
  readonly #limit = createLimit(2);

  /** The list is told at once, and again when what they use is known. */
  async ask(api: EngineApi, signal: AbortSignal, tell: (rows: readonly Row[]) => void): Promise<void> {
    const listed = await api.request<readonly ListedContainer[]>("GET", "/containers/json?all=1", {
      signal,
      timeoutMs,
    });
    tell(containerRows(listed, this.#usage));
    const running = listed.filter(({ State }) => State === "running").slice(0, mostWatched);
    if (running.length === 0) return;
    await Promise.all(running.map(({ Id }) => this.#limit(() => this.#look(api, Id, signal))));
    const ids = new Set(running.map(({ Id }) => Id));
    this.#samples = only(this.#samples, ids);
    this.#usage = only(this.#usage, ids);
    tell(containerRows(listed, this.#usage));
  }

  async #look(api: EngineApi, id: string, signal: AbortSignal): Promise<void> {
    const path = `/containers/${id}/stats?stream=false&one-shot=true`;
    // One that has just ended has no figures; the others have.
    const stats = await api.request<Stats>("GET", path, { signal, timeoutMs }).catch(() => undefined);
    if (stats === undefined) return;
    this.#usage.set(id, usageOf(stats, this.#samples.get(id)));
    this.#samples.set(id, sampleOf(stats));
  }
}

const only = <T>(all: ReadonlyMap<string, T>, ids: ReadonlySet<string>): Map<string, T> =>
  new Map([...all].filter(([id]) => ids.has(id)));
