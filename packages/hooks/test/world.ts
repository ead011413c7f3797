import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EventBody, HookAction, HookSpec, Host } from "@machinist/core";
import { onTestFinished } from "vitest";
import type { HookMachine, HookNotification } from "../src/payload.ts";
import type { ActionWorld } from "../src/world.ts";

export interface Stage {
  readonly folder: string;
  readonly world: ActionWorld;
  readonly events: EventBody[];
  readonly said: () => string[];
  readonly stop: AbortController;
  readonly machines: HookMachine[];
}

/** A folder and a world with these machines; hosts are given where they are needed. */
export async function stage(
  machines: readonly HookMachine[] = [],
  more: { readonly env?: Record<string, string>; readonly host?: (name: string) => Partial<Host> } = {},
): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "machinist-hooks-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const events: EventBody[] = [];
  const stop = new AbortController();
  const all = [...machines];
  const world: ActionWorld = {
    storePath: join(folder, "store"),
    env: { PATH: process.env.PATH, HOME: folder, ...more.env },
    hosts: { connect: async (name) => ({ name, close: async () => {}, ...more.host?.(name) }) as Host },
    record: async () => undefined,
    machine: async (name) => all.find((machine) => machine.name === name),
    machines: async (fleet) => all.filter((machine) => machine.fleet === fleet),
    running: async () => undefined,
    emit: (event) => events.push(event),
    signal: stop.signal,
  };
  const said = () => events.flatMap((event) => (event.type === "log" ? [event.message] : []));
  return { folder, world, events, said, stop, machines: all };
}

export const machineNamed = (name: string, more: Partial<HookMachine> = {}): HookMachine => ({
  name,
  fleet: "demo",
  driver: "toy",
  folder: `/store/machines/${name}`,
  address: "192.0.2.7",
  privateAddress: "10.0.0.7",
  ...more,
});

export const hookOf = (action: HookAction, folder: string, more: Partial<HookSpec> = {}): HookSpec => ({
  name: "hook",
  on: ["machine.created"],
  when: "after",
  action,
  timeoutMs: 60_000,
  retries: 0,
  onFailure: "fail",
  folder,
  ...more,
});

export const noticeFor = (machine?: HookMachine): HookNotification => ({
  event: "machine.created",
  phase: "after",
  delivery: "r:machine.created:web-1",
  at: 0,
  fleet: "demo",
  ...(machine ? { machine } : {}),
});
