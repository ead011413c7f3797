import { rm } from "node:fs/promises";
import { join } from "node:path";
import { asMachinistError, type Event, MachinistError, type PowerAction, type Run } from "@machinist/core";
import type { CreateRequest, MachineInfo, Machinist, Outcome } from "@machinist/fleet";
import type { Log } from "../wire/hclog.ts";
import type { Done } from "./contract.ts";
import type { Roster } from "./roster.ts";
import type { Tasks } from "./tasks.ts";

/** How long a caller waits for many machines to be begun, in ms: what they share may have to be made first. */
const BEGIN_MS = 30_000;

export interface MachinesOptions {
  readonly machinist: Machinist;
  readonly roster: Roster;
  readonly tasks: Tasks;
  readonly log: Log;
  /** Ends what is being made. What is being removed is removed all the same. */
  readonly signal: AbortSignal;
  /** How long {@link Machines.begin} waits at most, in ms. Default 30 000. */
  readonly beginMs?: number | undefined;
}

/** What is done to the machines of a group. Each piece of work ends with the roster saying what is left to do. */
export class Machines {
  readonly #options: MachinesOptions;

  constructor(options: MachinesOptions) {
    this.#options = options;
  }

  /** What a record says; undefined where there is none. Throws for one that cannot be read. */
  async info(name: string): Promise<MachineInfo | undefined> {
    return this.#options.machinist.info(name).catch((thrown) => {
      if (asMachinistError(thrown).code === "machine.unknown") return undefined;
      throw thrown;
    });
  }

  /** Begin machines whose names are in the roster; how many are under way. */
  async begin(requests: readonly CreateRequest[]): Promise<Done<number>> {
    const names = requests.map(({ name }) => name);
    const begun = once();
    const problems: MachinistError[] = [];
    const made = this.make(requests, begun.tell).catch((thrown) => {
      problems.push(asMachinistError(thrown));
    });
    const late = once();
    const timer = setTimeout(late.tell, this.#options.beginMs ?? BEGIN_MS);
    await Promise.race([begun.told, made, late.told]);
    clearTimeout(timer);
    const [problem] = problems;
    if (problem) return { done: 0, problem };
    return { done: names.filter((name) => this.#options.roster.get(name)?.wanted === "running").length };
  }

  /** Make machines, or go on with them. Those that do not come up are removed again. Throws where none could be begun. */
  make(requests: readonly CreateRequest[], begun = () => {}): Promise<void> {
    const { machinist, tasks, signal } = this.#options;
    const work = async (names: readonly string[]) => {
      const wanted = requests.filter(({ name }) => this.#options.roster.get(name)?.wanted === "running");
      if (wanted.length === 0) return;
      try {
        await this.#watched(machinist.create(wanted, { signal }), begun);
      } finally {
        await this.#sort(names);
      }
    };
    return tasks.start(
      "creating",
      requests.map(({ name }) => name),
      work,
    );
  }

  /** Finish what comes after a machine's creation. Never throws: what is left is tried again. */
  prepare(names: readonly string[]): Promise<void> {
    const work = () => this.#sort(names).catch((thrown) => this.#told(thrown));
    return this.#options.tasks.start("creating", names, work);
  }

  /** Remove machines for which the roster says that nobody wants them. Never throws: what is left is tried again. */
  remove(names: readonly string[]): Promise<void> {
    const { machinist, tasks } = this.#options;
    return tasks.start("removing", names, async () => {
      const run = async () => {
        const present = await this.#present(names);
        if (present.length > 0) await this.#watched(machinist.remove(present));
      };
      await run().catch((thrown) => this.#told(thrown));
      const left = await this.#present(names).catch(() => names);
      tasks.pause(left);
      await this.#forget(names.filter((name) => !left.includes(name))).catch((thrown) => this.#told(thrown));
    });
  }

  /** Start or stop machines; those for which it was done. */
  async power(action: PowerAction, names: readonly string[]): Promise<Done<readonly string[]>> {
    const { machinist, tasks } = this.#options;
    const done: string[] = [];
    const failures: Outcome["failures"][number][] = [];
    await tasks.start(action === "start" ? "resuming" : "suspending", names, async () => {
      const outcome = await this.#watched(machinist.power(action, names));
      done.push(...outcome.machines.filter(({ result }) => result !== "failed").map(({ name }) => name));
      failures.push(...outcome.failures);
    });
    const [first] = failures;
    if (first === undefined) return { done };
    const hint = first.hint ?? "Look at it: machinist ls";
    return { done, problem: new MachinistError("fleeting.power", `${first.id}: ${first.message}`, { hint }) };
  }

  /** After a creation: those that are whole are prepared, those that are not are wanted no more. */
  async #sort(names: readonly string[]): Promise<void> {
    const { roster, signal, log } = this.#options;
    const failed: string[] = [];
    const absent: string[] = [];
    await Promise.all(
      names.map(async (name) => {
        if (roster.get(name)?.wanted !== "running") return;
        try {
          const info = await this.info(name);
          if (info === undefined) absent.push(name);
          else if (info.incomplete) failed.push(name);
          else if (!roster.get(name)?.prepared) await this.#prepareOne(info);
        } catch (thrown) {
          this.#told(thrown);
          failed.push(name);
        }
      }),
    );
    await this.#forget(absent);
    // What was interrupted is not what failed: the next one who looks goes on with it.
    if (signal.aborted || failed.length === 0) return;
    for (const name of failed) log("error", `${name} did not come up, and is removed`, { instance: name });
    await roster.want(failed, "gone");
    void this.remove(failed);
  }

  /** Jobs use Docker as whom they are logged in as. */
  async #prepareOne({ name, endpoint, engine }: MachineInfo): Promise<void> {
    const { machinist, roster, signal } = this.#options;
    if (endpoint !== undefined && engine !== false && endpoint.user !== "root") {
      const host = await machinist.host(name, { signal });
      const joins = 'usermod -a -G docker "$1" || addgroup "$1" docker';
      const { code, stderr } = await host.script(joins, [endpoint.user], { sudo: true, signal });
      if (code !== 0)
        throw new MachinistError(
          "fleeting.group",
          `${endpoint.user} cannot be given access to Docker on ${name}: ${stderr.trim()}`,
          { hint: "Log in as another user, or use an image with the group docker" },
        );
    }
    await roster.prepared(name);
  }

  /** Of machines without a record there may be a folder, of a plugin that was killed before it had written one. */
  async #forget(names: readonly string[]): Promise<void> {
    const { machinist, roster } = this.#options;
    const folders = names.map((name) => join(machinist.storagePath, "machines", name));
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
    await roster.drop(names);
  }

  async #present(names: readonly string[]): Promise<string[]> {
    const all = new Set(await this.#options.machinist.names());
    return names.filter((name) => all.has(name));
  }

  /** Follow a run to its end: what it says goes into the log. */
  async #watched(run: Run<Outcome>, begun = () => {}): Promise<Outcome> {
    const followed = async () => {
      for await (const event of run) {
        if (event.type === "resource") begun();
        this.#heard(event);
      }
    };
    const [outcome] = await Promise.all([run.result, followed()]);
    return outcome;
  }

  #heard(event: Event): void {
    const { log } = this.#options;
    if (event.type === "log") log(event.level, event.message, { instance: event.id });
    if (event.type === "failed") this.#log(event);
    if (event.type === "resource") log("debug", `${event.id} ${event.status}`, { kind: event.kind });
  }

  #told(thrown: unknown): void {
    const { code, message, hint } = asMachinistError(thrown);
    this.#log({ id: "", code, message, hint });
  }

  #log({ id, code, message, hint }: { id: string; code: string; message: string; hint?: string | undefined }): void {
    const more = { code, ...(hint === undefined ? {} : { hint }), ...(id === "" ? {} : { instance: id }) };
    this.#options.log("error", message, more);
  }
}

/** A promise, and what keeps it. */
function once(): { readonly told: Promise<void>; readonly tell: () => void } {
  let tell = () => {};
  const told = new Promise<void>((resolve) => {
    tell = resolve;
  });
  return { told, tell: () => tell() };
}
