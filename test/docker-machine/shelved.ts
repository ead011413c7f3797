import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keep } from "../../packages/docker-machine/test/kept-machines.ts";
import type { Scene } from "../../packages/docker-machine/test/scene.ts";
import type { Shelf } from "../../packages/driver-plugin/test/shelf.ts";

/** As docker-machine's plugins number them. */
export const states = {
  ...{ running: 1, paused: 2, saved: 3, stopped: 4 },
  ...{ stopping: 5, starting: 6, error: 7 },
} as const;
export type State = keyof typeof states;

export interface Shelved {
  readonly state: State;
  readonly address?: string;
  readonly swarm?: object;
  /** Its plugin can find out nothing of it, and do nothing to it. */
  readonly broken?: true;
}

/** Why, of one that is broken. */
export const why = "the machine has no id yet";

/** Put a machine of the plugin into the store, as docker-machine keeps it, and into a state. */
export function shelve(scene: Scene, shelf: Shelf, name: string, machine: Shelved): void {
  const { state, address = "127.0.0.1", broken, swarm } = machine;
  mkdirSync(shelf.folder, { recursive: true });
  const Id = broken ? "" : `${name}-1`;
  const own = { Folder: shelf.folder, Id, Token: "sesame", Size: 1, Manner: "good", IPAddress: address };
  keep(scene, name, { driver: "shelf", kept: own, ...(swarm === undefined ? {} : { swarm }) });
  const file = join(shelf.folder, `${name}-1.json`);
  writeFileSync(file, JSON.stringify({ state: states[state], name, size: 1, key: "" }));
}

/** Which run and which do not, as their provider has it. */
export const runningOn = (shelf: Shelf): Record<string, boolean> =>
  Object.fromEntries(
    readdirSync(shelf.folder).map((file) => {
      const { name, state } = JSON.parse(readFileSync(join(shelf.folder, file), "utf8"));
      return [name, state === states.running];
    }),
  );
