import { type FakeEngine, startFakeEngine } from "./fake-engine.ts";
import { PseudoTerminal } from "./pseudo-terminal.ts";
import { type SimulatedStore, simulatedStore } from "./simulated-store.ts";
import { program } from "./tmux.ts";

/** 200 machines, 160 of them with an engine that answers, 20 with one that takes the call and says nothing. */
export class LargeScene {
  readonly silent: FakeEngine;
  readonly store: SimulatedStore;
  readonly #engine: FakeEngine;

  private constructor(engine: FakeEngine, silent: FakeEngine, store: SimulatedStore) {
    this.#engine = engine;
    this.silent = silent;
    this.store = store;
  }

  static async make(): Promise<LargeScene> {
    const engine = await startFakeEngine();
    const silent = await startFakeEngine({ silent: true });
    const store = await simulatedStore({
      simulated: 20,
      engines: [
        { name: "engine", url: engine.url, count: 160 },
        { name: "silent", url: silent.url, count: 20 },
      ],
    });
    return new LargeScene(engine, silent, store);
  }

  /** The dashboard at a terminal of its own. */
  open(columns = 200, rows = 50): PseudoTerminal {
    // What a machine sets for its own sake costs every start of Node the same.
    const { NODE_EXTRA_CA_CERTS: _, CI: __, ...env } = process.env;
    return new PseudoTerminal([process.execPath, program], columns, rows, {
      ...env,
      TERM: "xterm-256color",
      MACHINE_STORAGE_PATH: this.store.folder,
    });
  }

  close(): void {
    this.#engine.close();
    this.silent.close();
    this.store.remove();
  }
}

/** Keys of somebody who looks around, to be pressed in turn: each moves the cursor, or opens or leaves a screen. */
export const walk = ["j", "j", "\x06", "k", "j", "\x02", "j", "G", "k", "g", "j", "\r", "\x1b", "j", "?", "q"];
