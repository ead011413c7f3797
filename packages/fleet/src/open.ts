import { type Emit, startRun } from "@machinist/core";
import type { Machinist, OpenOptions, Outcome } from "./api.ts";
import { create } from "./operations/create.ts";
import { down } from "./operations/down.ts";
import { plan } from "./operations/plan.ts";
import { power } from "./operations/power.ts";
import { provision, regenerateCerts } from "./operations/provision.ts";
import { findOrphans, prune } from "./operations/prune.ts";
import { remove } from "./operations/remove.ts";
import { recoverSwarm, rotateSwarmKey } from "./operations/swarm.ts";
import { up } from "./operations/up.ts";
import { Services } from "./services.ts";
import { doctor } from "./views/doctor.ts";
import { activeMachine, connectionOf, infoOf } from "./views/info.ts";
import { statusOf, viewMachines } from "./views/machines.ts";
import { Workspace } from "./workspace.ts";

/** Open a store of machines. Nothing is read or written before it is needed. */
export async function openMachinist(options: OpenOptions = {}): Promise<Machinist> {
  const workspace = new Workspace(options);
  const services = new Services(
    workspace,
    async (scope) => {
      const record = await workspace.store.load(scope);
      return record && { record, states: await workspace.states(record) };
    },
    () => {},
  );
  const tell = (action: string, about: About, work: (emit: Emit) => Promise<Outcome>) =>
    startRun((emit) => told(action, about, emit, work));
  return {
    storagePath: workspace.store.path,
    plan: (spec, control = {}) => plan(workspace, spec, control),
    up: (spec, control = {}) =>
      tell("up", { fleet: spec.name, machines: spec.machines.map((machine) => machine.name) }, (emit) =>
        up(workspace, spec, control, emit),
      ),
    down: (fleet, control = {}) => tell("down", { fleet }, (emit) => down(workspace, fleet, control, emit)),
    recoverSwarm: (fleet, control) =>
      tell("recover-swarm", { fleet }, (emit) => recoverSwarm(workspace, fleet, control, emit)),
    rotateSwarmKey: (fleet, control = {}) =>
      tell("rotate-swarm-key", { fleet }, (emit) => rotateSwarmKey(workspace, fleet, control, emit)),
    create: (requests, control = {}) =>
      tell("create", { machines: requests.map((request) => request.name) }, (emit) =>
        create(workspace, requests, control, emit),
      ),
    remove: (machines, control = {}) =>
      tell("remove", { machines }, (emit) => remove(workspace, machines, control, emit)),
    power: (action, machines, control = {}) =>
      tell(action, { machines }, (emit) => power(workspace, action, machines, control, emit)),
    provision: (machines, control = {}) =>
      tell("provision", { machines }, (emit) => provision(workspace, machines, control, emit)),
    regenerateCerts: (machines, control = {}) =>
      tell("regenerate-certs", { machines }, (emit) => regenerateCerts(workspace, machines, control, emit)),

    names: () => workspace.machineNames(),
    fleets: () => workspace.fleetNames(),
    info: async (name) => infoOf(workspace, await workspace.record(name)),
    machines: (control = {}) => viewMachines(workspace, services, control),
    status: async (name, control = {}) =>
      statusOf(workspace, await workspace.record(name), control.signal ?? new AbortController().signal),
    connection: (name) => connectionOf(workspace, name),
    host: async (name, control = {}) => {
      await workspace.record(name);
      return services.hosts.connect(name, control);
    },
    engine: async (name, control = {}) => {
      await workspace.record(name);
      return services.engines.connect(name, control);
    },
    active: () => activeMachine(workspace),
    driver: (name) => workspace.drivers.module(name),
    drivers: () => workspace.drivers.all(),
    orphans: (query = {}) => findOrphans(workspace, query),
    prune: (orphans, control = {}) => tell("prune", {}, (emit) => prune(workspace, orphans, control, emit)),
    doctor: (control = {}) => doctor(workspace, services, control),
    [Symbol.asyncDispose]: () => services.close(),
  };
}

interface About {
  readonly fleet?: string;
  readonly machines?: readonly string[];
}

async function told(
  action: string,
  about: About,
  emit: Emit,
  work: (emit: Emit) => Promise<Outcome>,
): Promise<Outcome> {
  emit({ type: "run", action, status: "started", ...about });
  try {
    const outcome = await work(emit);
    emit({
      type: "run",
      action,
      status: outcome.cancelled ? "cancelled" : outcome.ok ? "finished" : "failed",
      ...about,
    });
    return outcome;
  } catch (thrown) {
    emit({ type: "run", action, status: "failed", ...about });
    throw thrown;
  }
}
