import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import type { Host } from "@machinist/core";
import type { MachineInfo, Machinist, Outcome } from "@machinist/fleet";
import type { Device } from "../src/index.ts";

/** A terminal that is not there: what is written is kept, what is typed comes in. */
export class FakeDevice extends EventEmitter implements Device {
  text = "";
  readonly raws: boolean[] = [];
  columns = 100;
  rows = 20;
  readonly gone = new AbortController();
  readonly stdin = Object.assign(new PassThrough(), { setRawMode: (raw: boolean) => this.raws.push(raw) });
  readonly stdout: Device["stdout"];

  constructor() {
    super();
    const device = this;
    this.stdout = {
      write(text) {
        device.text += text;
      },
      get columns() {
        return device.columns;
      },
      get rows() {
        return device.rows;
      },
      onResize(listener) {
        device.on("resize", listener);
        return () => device.off("resize", listener);
      },
      closed: this.gone.signal,
    };
  }
}

const outcome: Outcome = { ok: true, cancelled: false, changed: 1, machines: [], failures: [], ms: 1200 };

/** A library with these machines, as much of it as the dashboard asks. */
export function fakeMachinist(infos: readonly MachineInfo[], more: Partial<Machinist> = {}) {
  const calls: unknown[][] = [];
  const operation =
    (name: string) =>
    (...args: unknown[]) => {
      calls.push([name, ...args.filter((one) => typeof one === "string" || Array.isArray(one))]);
      return { result: Promise.resolve(outcome), async *[Symbol.asyncIterator]() {} };
    };
  const machinist = {
    names: async () => infos.map(({ name }) => name),
    info: async (name: string) => infos.find((one) => one.name === name)!,
    status: async () => "running",
    drift: async () => [],
    prices: async () => [],
    connection: async () => {
      throw new Error("no engine here");
    },
    async *events({ signal }: { signal: AbortSignal }) {
      yield* [];
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    },
    host: async (name: string) => ({ name, shell: async () => 0 }) as unknown as Host,
    power: operation("power"),
    remove: operation("remove"),
    ...more,
  } as unknown as Machinist;
  return { machinist, calls };
}
