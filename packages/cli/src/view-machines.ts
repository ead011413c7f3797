import type { MachineView } from "@machinist/fleet";
import type { Session } from "./session.ts";

/** More than the machines' own deadline: only what hangs in spite of it is given up. */
const graceMs = 2000;

/**
 * All machines as they are now. Whatever a driver does, this resolves within `timeoutMs` and two seconds; then what is
 * known without asking stands in, with the reason.
 */
export async function viewMachines(session: Session, timeoutMs: number): Promise<MachineView[]> {
  const machinist = await session.machinist();
  const late = AbortSignal.timeout(timeoutMs + graceMs);
  const asked = machinist.machines({ timeoutMs, signal: AbortSignal.any([session.signal, late]) });
  const gaveUp = new Promise<undefined>((resolve) => late.addEventListener("abort", () => resolve(undefined)));
  const views = await Promise.race([
    asked.catch((thrown) => (late.aborted ? undefined : Promise.reject(thrown))),
    gaveUp,
  ]);
  return views ?? unasked(session, timeoutMs + graceMs);
}

async function unasked(session: Session, waitedMs: number): Promise<MachineView[]> {
  const machinist = await session.machinist();
  const names = await machinist.names();
  return Promise.all(
    names.map(async (name): Promise<MachineView> => {
      const info = await machinist.info(name).catch(() => undefined);
      const message = `No answer within ${waitedMs / 1000} s`;
      const error = { id: name, code: "machine.timeout", message };
      return { name, ...(info && { info }), state: "unknown", active: false, error, responseMs: waitedMs };
    }),
  );
}
