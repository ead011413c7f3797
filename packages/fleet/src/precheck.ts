import { asMachinistError, isMachinistError, MachinistError } from "@machinist/core";
import { type Prepared, plannedMachine } from "./intended.ts";

/** A driver's look at the world, before anything is made, found that it would not work. Nothing was saved. */
export class PrecheckError extends MachinistError {
  /** Tells it from a failure of the work itself, also across copies of this package. */
  readonly stage = "check";
}

export const isPrecheckError = (thrown: unknown): thrown is PrecheckError =>
  isMachinistError(thrown) && "stage" in thrown && thrown.stage === "check";

/** Let each driver look whether its machines could be made. Throws {@link PrecheckError} with the driver's own code. */
export async function precheck(machines: readonly Prepared[], fleet: string, signal: AbortSignal): Promise<void> {
  await Promise.all(
    machines.map(async (each) => {
      try {
        // A signal for each: a hundred that listen to one look like a leak to Node.
        const own = AbortSignal.any([signal]);
        await each.driver.check?.(plannedMachine(each, fleet), each.intent.options, own);
      } catch (thrown) {
        const error = asMachinistError(thrown);
        if (error.code === "cancelled") throw error;
        throw new PrecheckError(error.code, error.message, {
          cause: error,
          ...(error.hint === undefined ? {} : { hint: error.hint }),
        });
      }
    }),
  );
}
