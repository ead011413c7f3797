import { asMachinistError } from "@machinist/core";
import { Demultiplexer } from "../docker/demultiplex.ts";
import { type State, topOf } from "../state/state.ts";
import type { EngineClients } from "./engine-clients.ts";
import type { Store } from "./store.ts";

const lastLines = 500;
/** Lines come in swarms: the screen gets them together. */
const togetherMs = 80;
/** More of a line is never seen. */
const longestLine = 2000;

/** Follows the log of the container whose log is open. */
export class LogFeed {
  readonly #store: Store;
  readonly #clients: EngineClients;
  #open = "";
  #stop: AbortController | undefined;

  constructor(store: Store, clients: EngineClients) {
    this.#store = store;
    this.#clients = clients;
    store.listen(() => this.#follow());
  }

  stop(): void {
    this.#stop?.abort();
  }

  #follow(): void {
    const wanted = openLog(this.#store.state);
    const open = wanted === undefined ? "" : `${wanted.machine} ${wanted.container}`;
    if (open === this.#open) return;
    this.#open = open;
    this.#stop?.abort();
    this.#stop = undefined;
    if (wanted === undefined) return;
    this.#stop = new AbortController();
    void this.#read(wanted.machine, wanted.container, this.#stop.signal);
  }

  async #read(machine: string, container: string, signal: AbortSignal): Promise<void> {
    const tell = (lines: readonly string[]) => this.#store.dispatch({ type: "log", container, lines });
    const lines = new Together(tell);
    let why = "ended";
    try {
      const client = await this.#clients.of(machine);
      const path = `/containers/${container}/logs?follow=1&stdout=1&stderr=1&tail=${lastLines}`;
      const frames = new Demultiplexer();
      for await (const piece of await client.stream("GET", path, { signal })) lines.add(frames.push(piece as Buffer));
      lines.add(frames.end());
    } catch (thrown) {
      why = asMachinistError(thrown).message;
    }
    lines.close();
    if (!signal.aborted) this.#store.dispatch({ type: "log-ended", container, why });
  }
}

function openLog(state: State): { machine: string; container: string } | undefined {
  const top = topOf(state);
  return top.name === "log" ? { machine: top.machine, container: top.container.id } : undefined;
}

/** Text as whole lines, several at once. */
class Together {
  readonly #tell: (lines: readonly string[]) => void;
  #text = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (lines: readonly string[]) => void) {
    this.#tell = tell;
  }

  add(text: string): void {
    this.#text += text;
    this.#timer ??= setTimeout(() => this.#flush(), togetherMs);
  }

  /** The last line may have no end. */
  close(): void {
    if (this.#text !== "" && !this.#text.endsWith("\n")) this.#text += "\n";
    this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const end = this.#text.lastIndexOf("\n");
    if (end === -1) return;
    const lines = this.#text
      .slice(0, end)
      .split("\n")
      .map((line) => line.slice(0, longestLine));
    this.#text = this.#text.slice(end + 1);
    this.#tell(lines);
  }
}
