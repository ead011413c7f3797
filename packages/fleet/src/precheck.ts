import { asMachinistError, isMachinistError, MachinistError } from "@machinist/core";
import { type Prepared, plannedMachine } from "./desired-state.ts";

/** A driver's look at the world, before anything is made, found that it would not work. Nothing was saved. */
export class PrecheckError extends MachinistError {
  /** Tells it from a failure of the work itself, also across copies of this package. */
  readonly stage = "check";
}

export const isPrecheckError = (thrown: unknown): thrown is PrecheckError =>
  isMachinistError(thrown) && "stage" in thrown && thrown.stage === "check";

/** Let each driver look whether its machines could be made. Throws {@link PrecheckError} with the driver's own code. */
export async function precheck(machines: readonly Prepared[], fleet: string, signal: AbortSignal): Promise<void> {
  for (const problem of await precheckAll(machines, fleet, signal)) throw problem;
}

/** All that the drivers found, in the order of the machines; what is wrong with many is told once. */
export async function precheckAll(
  machines: readonly Prepared[],
  fleet: string,
  signal: AbortSignal,
): Promise<PrecheckError[]> {
  const found = await Promise.all(machines.map((each) => checkOne(each, fleet, signal)));
  const problems = found.filter((problem) => problem !== undefined);
  return [...new Map(problems.map((problem) => [`${problem.code} ${problem.message}`, problem])).values()];
}

async function checkOne(machine: Prepared, fleet: string, signal: AbortSignal): Promise<PrecheckError | undefined> {
  try {
    // A signal for each: a hundred that listen to one look like a leak to Node.
    const own = AbortSignal.any([signal]);
    await machine.driver.check?.(plannedMachine(machine, fleet), machine.intent.options, own);
    return undefined;
  } catch (thrown) {
    const error = asMachinistError(thrown);
    if (error.code === "cancelled") throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    return new PrecheckError(error.code, error.message, { cause: error, ...hint });
  }
}
