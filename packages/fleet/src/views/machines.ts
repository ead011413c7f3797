import { asMachinistError, type MachineState, MachinistError, type ScopeRecord } from "@machinist/core";
import type { MachineInfo, MachineView, RunControl } from "../api.ts";
import { failureOf } from "../outcome.ts";
import type { Services } from "../services.ts";
import type { Workspace } from "../workspace.ts";
import { infoOf } from "./info.ts";
import { sshState } from "./ssh-state.ts";

/** Look at machines, all at once, each within a time of its own. */
export async function viewMachines(
  workspace: Workspace,
  services: Services,
  options: RunControl & { readonly names?: readonly string[]; readonly timeoutMs?: number },
): Promise<MachineView[]> {
  const names = options.names ?? (await workspace.machineNames());
  const timeoutMs = options.timeoutMs ?? 10_000;
  return Promise.all(names.map((name) => view(workspace, services, name, timeoutMs, options.signal)));
}

async function view(
  workspace: Workspace,
  services: Services,
  name: string,
  timeoutMs: number,
  cancel: AbortSignal | undefined,
): Promise<MachineView> {
  const startedAt = Date.now();
  const late = AbortSignal.timeout(timeoutMs);
  const signal = cancel ? AbortSignal.any([cancel, late]) : late;
  const seen: { info?: MachineInfo; state: MachineState; dockerVersion?: string; error?: MachinistError } = {
    state: "unknown",
  };
  try {
    const record = await workspace.record(name);
    seen.info = await infoOf(workspace, record);
    seen.state = await within(signal, statusOf(workspace, services, record, signal));
    if (seen.state === "running" && seen.info.url)
      seen.dockerVersion = await within(signal, versionOf(services, name, signal));
  } catch (thrown) {
    seen.error = late.aborted ? tooSlow(name, timeoutMs) : asMachinistError(thrown);
  }
  const { error, ...rest } = seen;
  return {
    name,
    ...rest,
    active: seen.info?.url !== undefined && seen.info.url === workspace.env.DOCKER_HOST,
    responseMs: Date.now() - startedAt,
    ...(error ? { error: failureOf(name, error) } : {}),
  };
}

/** What the provider says a machine is doing; where there is none, what its SSH says. */
export async function statusOf(
  workspace: Workspace,
  { hosts }: Pick<Services, "hosts">,
  record: ScopeRecord,
  signal: AbortSignal,
): Promise<MachineState> {
  if (!record.machine) return "unknown";
  const driver = await workspace.drivers.driver(record.machine.driver);
  if (!driver.status) return driver.endpoint ? sshState(hosts, record.scope, signal) : "unknown";
  return driver.status({ machine: record.scope, states: await workspace.states(record), signal, log: () => {} });
}

async function versionOf(services: Services, machine: string, signal: AbortSignal): Promise<string> {
  const api = await services.engines.connect(machine, { signal });
  const version = await api.request<{ Version: string }>("GET", "/version", { signal });
  return version.Version;
}

/** A driver or engine that ignores the signal must not hold up the others. */
function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new MachinistError("cancelled", "The operation was cancelled"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

const tooSlow = (name: string, timeoutMs: number) =>
  new MachinistError("machine.timeout", `${name} did not answer within ${timeoutMs / 1000} s`, {
    hint: `Look at it: machinist status ${name}; machinist ssh ${name}`,
  });
