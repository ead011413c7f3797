import { type FileHandle, open, stat } from "node:fs/promises";
import { systemClock } from "@machinist/core";
import type { EventQuery } from "../api.ts";
import { eventsPath, type KeptEvent, olderEventsPath } from "./event-log.ts";

/** How often one who follows looks for more. */
const pollMs = 200;
const pieceBytes = 64 * 1024;

/** The kept events, oldest first; with `follow` also those that other processes add, until the signal aborts. */
export async function* tailEvents(storePath: string, query: EventQuery): AsyncGenerator<KeptEvent> {
  const path = eventsPath(storePath);
  let current = await Tail.open(path);
  const older = await Tail.open(olderEventsPath(storePath));
  let left: Tail | undefined;
  try {
    const kept = [...(older && older.inode !== current?.inode ? [older] : []), ...(current ? [current] : [])];
    yield* newest(kept, query);
    await older?.close();
    for (;;) {
      // Who had opened the full file just before it was put aside may still have written to it.
      if (left) yield* chosen(left.more(), query);
      await left?.close();
      left = undefined;
      if (current) yield* chosen(current.more(), query);
      if (!query.follow || query.signal?.aborted) return;
      await systemClock.sleep(pollMs, query.signal).catch(() => {});
      const inode = await stat(path).then(
        ({ ino }) => ino,
        () => undefined,
      );
      if (inode === undefined || inode === current?.inode) continue;
      left = current;
      current = await Tail.open(path);
    }
  } finally {
    await left?.close();
    await current?.close();
  }
}

/** What is there at the beginning, or the last of it. */
async function* newest(tails: readonly Tail[], query: EventQuery): AsyncGenerator<KeptEvent> {
  const last: KeptEvent[] = [];
  for (const tail of tails)
    for await (const event of chosen(tail.more(), query)) {
      if (query.last === undefined) yield event;
      else last.push(event);
      if (query.last !== undefined && last.length >= 2 * query.last + 1000) last.splice(0, last.length - query.last);
    }
  yield* query.last === undefined ? last : last.slice(Math.max(0, last.length - query.last));
}

async function* chosen(events: AsyncIterable<KeptEvent>, { machine }: EventQuery): AsyncGenerator<KeptEvent> {
  for await (const event of events) if (machine === undefined || isAbout(event, machine)) yield event;
}

function isAbout(event: KeptEvent, machine: string): boolean {
  if (event.type === "run") return event.machines?.includes(machine) ?? false;
  if (event.type === "power") return event.machine === machine;
  return event.id === machine || event.id.startsWith(`${machine}/`);
}

/** A file that is read on from where it was read to; the last line only when it is whole. */
class Tail {
  readonly inode: number;
  readonly #file: FileHandle;
  #offset = 0;
  #partial = Buffer.alloc(0);

  private constructor(file: FileHandle, inode: number) {
    this.#file = file;
    this.inode = inode;
  }

  static async open(path: string): Promise<Tail | undefined> {
    const file = await open(path, "r").catch(() => undefined);
    return file && new Tail(file, (await file.stat()).ino);
  }

  async *more(): AsyncGenerator<KeptEvent> {
    for (;;) {
      const piece = Buffer.alloc(pieceBytes);
      const { bytesRead } = await this.#file.read(piece, 0, pieceBytes, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      const all = Buffer.concat([this.#partial, piece.subarray(0, bytesRead)]);
      const end = all.lastIndexOf(0x0a) + 1;
      this.#partial = all.subarray(end);
      for (const line of all.subarray(0, end).toString("utf8").split("\n")) {
        const event = parsed(line);
        if (event) yield event;
      }
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function parsed(line: string): KeptEvent | undefined {
  try {
    const event = JSON.parse(line) as KeptEvent;
    return typeof event?.type === "string" && typeof event.at === "number" ? event : undefined;
  } catch {
    return undefined;
  }
}
