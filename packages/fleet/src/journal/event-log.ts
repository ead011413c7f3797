import { appendFile, mkdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Event, lockFile } from "@machinist/core";
import { secretsIn, withoutSecrets } from "./masking.ts";

/** An event as it is kept: with the run that it belongs to. */
export type KeptEvent = Event & { readonly run: string };

/** Events come in swarms: they are written together, this often. */
const everyMs = 100;
/** How much one file holds; the one before it is kept beside it. */
const mostBytes = 4 * 1024 * 1024;
/** Counts that change all the time are kept this seldom. */
const progressMs = 1000;

export const eventsPath = (storePath: string): string => join(storePath, "events.jsonl");
export const olderEventsPath = (storePath: string): string => join(storePath, "events.1.jsonl");

/**
 * The events of one run, for others who watch: at the end of a file that is put aside when it is full. Nothing waits
 * for it and nothing fails with it.
 */
export class EventLog {
  readonly #store: string;
  readonly #run: string;
  readonly #secrets: readonly string[];
  readonly #limit: number;
  readonly #counted = new Map<string, number>();
  #lines: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    store: { readonly path: string; readonly env: Readonly<Record<string, string | undefined>> },
    run: string,
    limit = mostBytes,
  ) {
    this.#store = store.path;
    this.#run = run;
    this.#secrets = secretsIn(store.env);
    this.#limit = limit;
  }

  add(event: Event): void {
    if (event.type === "progress" && !this.#isTime(event.id, event.at)) return;
    const kept: KeptEvent = { ...event, run: this.#run };
    this.#lines.push(withoutSecrets(JSON.stringify(kept), this.#secrets));
    this.#timer ??= setTimeout(() => this.#flush(), everyMs).unref();
  }

  /** Write what has not been written yet. */
  async close(): Promise<void> {
    this.#flush();
    await this.#writing;
  }

  #isTime(id: string, at: number): boolean {
    if (at - (this.#counted.get(id) ?? 0) < progressMs) return false;
    this.#counted.set(id, at);
    return true;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join("\n")}\n`;
    this.#lines = [];
    this.#writing = this.#writing.then(() => this.#append(text)).catch(() => {});
  }

  async #append(text: string): Promise<void> {
    const path = eventsPath(this.#store);
    await mkdir(this.#store, { recursive: true, mode: 0o700 });
    await appendFile(path, text, { mode: 0o600 });
    if ((await stat(path)).size > this.#limit) await this.#rotate(path);
  }

  /** One process at a time, and only while it is still full: two would put a new file over the full one. */
  async #rotate(path: string): Promise<void> {
    const lock = await lockFile(join(this.#store, "locks", "events.lock"), { what: "the events of the store" });
    try {
      if ((await stat(path)).size > this.#limit) await rename(path, olderEventsPath(this.#store));
    } finally {
      await lock.release();
    }
  }
}
