import { resolve } from "node:path";
import { isMachinistError, MachinistError, readAtMost, writeAtomic } from "@machinist/core";
import type { Plan, SavedPlan } from "@machinist/fleet";
import type { Session } from "./session.ts";
import { version } from "./version.ts";

/** Keep a plan in a file that only its owner can read. Throws `plan.incomplete`, `plan.write`. */
export async function savePlan({ io }: Session, plan: Plan, path: string, manifests: readonly string[]): Promise<void> {
  const { encodePlan } = await import("@machinist/fleet");
  const text = encodePlan(plan, { manifests, machinist: version, now: Date.now() });
  await refuseOther(resolve(io.cwd, path), path);
  await writeAtomic(resolve(io.cwd, path), text, 0o600).catch((cause: Error) => {
    const why = (cause.cause as NodeJS.ErrnoException | undefined)?.code ?? cause.message;
    throw new MachinistError("plan.write", `The plan could not be written to ${path}: ${why}`, {
      cause,
      hint: "Name a file in a folder that is there and that you may write to.",
    });
  });
}

/** A plan takes the place of a plan, and of nothing else that somebody may have written. */
async function refuseOther(file: string, path: string): Promise<void> {
  const { decodePlan } = await import("@machinist/fleet");
  const there = await readAtMost(file, MOST_BYTES, "The file").catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return undefined;
    return Buffer.alloc(0);
  });
  if (there === undefined) return;
  try {
    decodePlan(there.toString("utf8"), path);
  } catch (cause) {
    if ((cause as { code?: unknown }).code === "plan.format") return;
    throw new MachinistError("plan.write", `${path} is there already, and is no plan`, {
      cause,
      hint: "Name another file, or remove that one first.",
    });
  }
}

/** Of a thousand machines it takes a tenth. */
const MOST_BYTES = 64 * 2 ** 20;

/** A plan that was kept. Throws `plan.not-found`, `plan.unreadable`, `plan.format`. */
export async function loadPlan({ io }: Session, path: string): Promise<SavedPlan> {
  const bytes = await readAtMost(resolve(io.cwd, path), MOST_BYTES, "The plan").catch(
    (cause: NodeJS.ErrnoException) => {
      if (isMachinistError(cause)) throw cause;
      throw new MachinistError("plan.not-found", `The plan ${path} cannot be read: ${cause.code ?? cause.message}`, {
        cause,
        hint: "Make one: machinist plan --out FILE. A manifest is given with -f.",
      });
    },
  );
  const { decodePlan } = await import("@machinist/fleet");
  return decodePlan(bytes.toString("utf8"), path);
}
