import type { ResourceTypes } from "@machinist/core";
import type { CrashSwitch } from "../simulation/fake-cloud.ts";

/** A process that dies at its step number `at` (from 1); what it had asked for by then is done. */
export class CrashPoint implements CrashSwitch {
  readonly at: number;
  steps = 0;

  constructor(at = Number.POSITIVE_INFINITY) {
    this.at = at;
  }

  get dead(): boolean {
    return this.steps >= this.at;
  }

  step(): void {
    if (this.dead || ++this.steps >= this.at) throw new Error("killed");
  }
}

/** The same kinds in a process that may die before or after any call: a call cut off before never begins, after has happened. */
export function crashable(kinds: ResourceTypes, life: CrashSwitch): ResourceTypes {
  const around =
    <C, T>(call: (given: C) => Promise<T>) =>
    async (given: C): Promise<T> => {
      life.step();
      const result = await call(given);
      life.step();
      return result;
    };
  return Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => [
      name,
      {
        ...kind,
        read: around(kind.read.bind(kind)),
        create: around(kind.create.bind(kind)),
        delete: around(kind.delete.bind(kind)),
        ...(kind.update ? { update: around(kind.update.bind(kind)) } : {}),
      },
    ]),
  );
}
