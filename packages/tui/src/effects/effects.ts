import type { FleetSpec, Run } from "@machinist/core";
import type { Machinist, Outcome } from "@machinist/fleet";
import { clipboardSequence } from "../effects/clipboard.ts";
import { actOnContainer } from "../effects/container-act.ts";
import type { EngineClients } from "../feeds/engine-clients.ts";
import type { Store } from "../feeds/store.ts";
import type { Effect } from "../state/effect.ts";
import type { Notice } from "../state/state.ts";
import { driverChoices } from "./driver-choices.ts";
import { noticeOf, outcomeNotice } from "./outcome-notice.ts";
import type { LentTerminal } from "./shell.ts";
import { openShell } from "./shell.ts";

/** A manifest by its name, or the one of this folder, with what is odd about it. */
export type ReadManifest = (
  file: string | undefined,
) => Promise<{ readonly spec: FleetSpec; readonly warnings: readonly string[] }>;

/** What effects need of whoever runs the dashboard. */
export interface EffectContext {
  readonly machinist: Machinist;
  readonly clients: EngineClients;
  readonly store: Store;
  /** Gives the terminal away while `body` runs, and takes it back whatever happens. */
  suspendTerminal<T>(body: (terminal: LentTerminal) => Promise<T>): Promise<T>;
  write(text: string): void;
  /** Ask everything again, or what concerns one machine. */
  refresh(machine?: string): void;
  quit(): void;
  suspend(): void;
  /** What a manifest declares, or the one of this folder; absent where none can be read. */
  readonly readManifest?: ReadManifest | undefined;
  /** Aborted when the dashboard closes: what is under way stops in order. */
  readonly signal: AbortSignal;
}

/** Does what keys and commands ask for. Failures become notices: nothing that is done ends the dashboard. */
export class Effects {
  readonly #world: EffectContext;
  #last = 0;
  readonly #under = new Set<Promise<void>>();

  constructor(world: EffectContext) {
    this.#world = world;
  }

  begin(effect: Effect): void {
    const done = this.#do(effect)
      .catch((thrown) => this.#say(noticeOf(thrown)))
      .finally(() => this.#under.delete(done));
    this.#under.add(done);
  }

  /** Everything that was begun has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#under);
  }

  async #do(effect: Effect): Promise<void> {
    const { machinist, store, signal } = this.#world;
    switch (effect.what) {
      case "quit":
        return this.#world.quit();
      case "suspend":
        return this.#world.suspend();
      case "refresh":
        this.#world.refresh();
        return this.#say({ level: "info", text: "Refreshing all machines" });
      case "copy":
        this.#world.write(clipboardSequence(effect.text));
        return this.#say({ level: "info", text: `Copied: ${effect.text}` });
      case "shell":
        return this.#say(await openShell(this.#world, effect));
      case "power":
        return this.#operate(
          effect.action,
          effect.machines,
          machinist.power(effect.action, effect.machines, { signal }),
        );
      case "plan":
        return this.#plan(effect.file);
      case "up": {
        const control = { signal, ...(effect.plan === undefined ? {} : { plan: effect.plan }) };
        return this.#operate("up", [effect.spec.name], machinist.up(effect.spec, control));
      }
      case "new":
        return this.#openForm();
      case "create": {
        const { names, driver, options, docker } = effect;
        const requests = names.map((name) => ({
          name,
          driver,
          options,
          ...(docker ? {} : { engine: false as const }),
        }));
        store.dispatch({ type: "home" });
        return this.#operate("create", names, machinist.create(requests, { signal }));
      }
      case "remove":
        return this.#operate("remove", effect.machines, machinist.remove(effect.machines, { signal }));
      case "container": {
        const id = this.#began(`${effect.verb} container ${effect.container.name} on ${effect.machine}`);
        const notice = await actOnContainer(this.#world.clients, effect, signal);
        this.#world.refresh(effect.machine);
        return store.dispatch({ type: "work-end", id, notice });
      }
    }
  }

  /** An operation of the library; its events come back through the journal, as everybody's do. */
  async #operate(action: string, machines: readonly string[], run: Run<Outcome>): Promise<void> {
    const names = machines.length > 3 ? `${machines.length} machines` : machines.join(", ");
    const id = this.#began(`${action} ${names}`);
    const notice = await run.result.then((outcome) => outcomeNotice(action, names, outcome), noticeOf);
    this.#world.store.dispatch({ type: "work-end", id, notice });
  }

  async #plan(file: string): Promise<void> {
    const { machinist, store, signal, readManifest } = this.#world;
    if (readManifest === undefined) return this.#say({ level: "warn", text: "No manifests are read here" });
    const id = this.#began("plan");
    try {
      const { spec, warnings } = await readManifest(file === "" ? undefined : file);
      const plan = await machinist.plan(spec, { signal });
      store.dispatch({ type: "work-end", id });
      store.dispatch({ type: "open-plan", view: { file, spec, plan, warnings, progress: {} } });
    } catch (thrown) {
      store.dispatch({ type: "work-end", id, notice: noticeOf(thrown) });
    }
  }

  async #openForm(): Promise<void> {
    const { machinist, store } = this.#world;
    const drivers = await driverChoices(machinist, store.state);
    if (drivers.length > 0) return store.dispatch({ type: "open-form", drivers });
    return this.#say({ level: "warn", text: "No driver is installed", hint: "machinist driver ls shows how to" });
  }

  #began(words: string): number {
    const id = ++this.#last;
    this.#world.store.dispatch({ type: "work", id, words });
    return id;
  }

  #say(notice: Notice | undefined): void {
    if (notice !== undefined) this.#world.store.dispatch({ type: "notice", notice });
  }
}
