import { type Emit, MachinistError } from "@machinist/core";
import type { Outcome, RunControl } from "../api.ts";
import { behind, openCertificates, withAuthority, withEngine } from "../certificates/workspace-certificates.ts";
import { asDone, outcomeOf } from "../outcome.ts";
import { projectAll, urlsOf } from "../settle-records.ts";
import type { Workspace } from "../workspace.ts";
import { eachMachine } from "./each-machine.ts";
import { recorded } from "./up.ts";

/** Run the engine's recipe again: each of its steps is checked, and applied where it is not so. */
export const provision = (workspace: Workspace, names: readonly string[], options: RunControl, emit: Emit) =>
  applyAgain(workspace, names, ["provision"], options, emit);

/** Make new server certificates; with `client` a new client certificate for the whole store first. */
export async function regenerateCerts(
  workspace: Workspace,
  names: readonly string[],
  options: RunControl & { readonly client?: boolean },
  emit: Emit,
): Promise<Outcome> {
  if (options.client) await renewClient(workspace, options.signal ?? new AbortController().signal);
  return applyAgain(workspace, names, ["certificates"], options, emit);
}

/** Every machine's folder holds a copy. An engine that does not trust the present CA yet keeps the pair it knows. */
const renewClient = (workspace: Workspace, signal: AbortSignal): Promise<void> =>
  withAuthority(workspace, signal, async () => {
    const { certificates } = await openCertificates(workspace);
    await certificates.renewClient();
    const late = await behind(workspace);
    const ready = (await withEngine(workspace)).filter(({ scope }) => !late.includes(scope));
    await Promise.all(ready.map(({ scope }) => certificates.copyTo(workspace.store.folder(scope))));
  });

function applyAgain(
  workspace: Workspace,
  names: readonly string[],
  props: readonly string[],
  options: RunControl,
  emit: Emit,
): Promise<Outcome> {
  return eachMachine(workspace, names, options, emit, async ({ operation, record, name, turns }) => {
    const startedAt = Date.now();
    if (!record.resources[`${name}/engine`])
      throw new MachinistError("machine.no-engine", `There is no Docker of ours on ${name}`, {
        hint: "It was made without, or its creation did not get that far: run create or up again",
      });
    const again = new Map([[`${name}/engine`, props]]);
    const outcomes = await operation.converge([name], recorded(record), { again, turns });
    await projectAll(workspace, operation, [name]);
    const outcome = outcomeOf(outcomes, [name], { urls: urlsOf(operation, [name]), startedAt });
    return outcome.ok ? asDone(outcome) : outcome;
  });
}
