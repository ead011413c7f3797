import { type Emit, type HookSpec, startRun } from "@machinist/core";
import type { Machinist, OpenOptions, Outcome, RunControl } from "./api.ts";
import { accessViews, grantAccess, revokeAccess } from "./certificates/access.ts";
import { certificateNotices } from "./certificates/notices.ts";
import { rotateAuthority } from "./certificates/rotate.ts";
import { readAudit } from "./journal/read-audit.ts";
import { tailEvents } from "./journal/tail-events.ts";
import { clone } from "./operations/clone.ts";
import { create } from "./operations/create.ts";
import { down } from "./operations/down.ts";
import { lease } from "./operations/lease.ts";
import { plan } from "./operations/plan.ts";
import { power } from "./operations/power.ts";
import { provision, regenerateCerts } from "./operations/provision.ts";
import { findOrphans, prune } from "./operations/prune.ts";
import { reap } from "./operations/reap.ts";
import { remove } from "./operations/remove.ts";
import { rename } from "./operations/rename.ts";
import { snapshot, snapshotsOfMachine } from "./operations/snapshot.ts";
import { recoverSwarm, rotateSwarmKey } from "./operations/swarm.ts";
import { up } from "./operations/up.ts";
import { outcomeOf } from "./outcome.ts";
import type { About } from "./run/execute.ts";
import { Services } from "./services.ts";
import { doctor } from "./views/doctor.ts";
import { viewDrivers } from "./views/drivers.ts";
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
  const runOperation = (
    action: string,
    about: About & { readonly hooks?: readonly HookSpec[] },
    control: RunControl,
    work: (workspace: Workspace, emit: Emit) => Promise<Outcome>,
  ) => {
    const { hooks, ...rest } = about;
    return startRun(async (emit) =>
      (await import("./run/execute.ts")).executeRun(
        workspace,
        services,
        { action, about: rest, control, work, ...(hooks ? { hooks } : {}) },
        emit,
      ),
    );
  };
  /** What changes no machine, and yet who knows it: told in the audit log. */
  const audited = async <T>(
    action: string,
    machines: readonly string[] | undefined,
    control: RunControl,
    work: (workspace: Workspace) => Promise<T>,
  ): Promise<T> => {
    const startedAt = Date.now();
    const done: T[] = [];
    await runOperation(action, machines ? { machines } : {}, control, async (during) => {
      done.push(await work(during));
      return outcomeOf([], machines ?? [], { startedAt });
    }).result;
    return done[0]!;
  };
  return {
    storagePath: workspace.store.path,
    plan: (spec, control = {}) => plan(workspace, spec, control),
    up: (spec, control = {}) => {
      const machines = spec.machines.map((machine) => machine.name);
      return runOperation("up", { fleet: spec.name, machines, hooks: spec.hooks ?? [] }, control, (during, emit) =>
        up(during, spec, control, emit),
      );
    },
    down: (fleet, control = {}) =>
      runOperation("down", { fleet }, control, (during, emit) => down(during, fleet, control, emit)),
    recoverSwarm: (fleet, control) =>
      runOperation("recover-swarm", { fleet }, control, (during, emit) => recoverSwarm(during, fleet, control, emit)),
    rotateSwarmKey: (fleet, control = {}) =>
      runOperation("rotate-swarm-key", { fleet }, control, (during, emit) =>
        rotateSwarmKey(during, fleet, control, emit),
      ),
    create: (requests, control = {}) =>
      runOperation("create", { machines: requests.map((request) => request.name) }, control, (during, emit) =>
        create(during, requests, control, emit),
      ),
    clone: (from, to, control = {}) =>
      runOperation("create", { machines: [to] }, control, (during, emit) => clone(during, { from, to }, control, emit)),
    rename: (from, to, control = {}) =>
      runOperation("rename", { machines: [from] }, control, (during, emit) =>
        rename(during, { from, to }, control, emit),
      ),
    remove: (machines, control = {}) =>
      runOperation("remove", { machines }, control, (during, emit) => remove(during, machines, control, emit)),
    nameOfDockerMachine: (driver) => workspace.drivers.nameOfDockerMachine(driver),
    wrapDockerMachine: async (path, control = {}) =>
      (await import("./wrap-docker-machine.ts")).wrapDockerMachine(workspace, path, control),
    unreachable: async (names, control = {}) =>
      (await import("./views/unreachable.ts")).unreachable(workspace, names, control),
    exportMachines: (names, control) =>
      audited("export", names, control, async (during) =>
        (await import("./operations/export.ts")).exportMachines(during, names, control),
      ),
    forgetExported: (names, control = {}) =>
      audited("forget", names, control, async (during) =>
        (await import("./operations/export.ts")).forgetExported(during, names, control),
      ),
    importMachines: (data, control) =>
      audited("import", undefined, control, async (during) =>
        (await import("./operations/import.ts")).importMachines(during, data, control),
      ),
    power: (action, machines, control = {}) =>
      runOperation(action, { machines }, control, (during, emit) => power(during, action, machines, control, emit)),
    snapshot: (action, machine, name, control = {}) =>
      runOperation(`snapshot-${action}`, { machines: [machine] }, control, (during, emit) =>
        snapshot(during, action, { machine, name }, control, emit),
      ),
    snapshots: (machine, control = {}) =>
      snapshotsOfMachine(workspace, machine, control.signal ?? new AbortController().signal),
    provision: (machines, control = {}) =>
      runOperation("provision", { machines }, control, (during, emit) => provision(during, machines, control, emit)),
    regenerateCerts: (machines, control = {}) =>
      runOperation("regenerate-certs", { machines }, control, (during, emit) =>
        regenerateCerts(during, machines, control, emit),
      ),
    lease: (machines, leaseMs, control = {}) =>
      runOperation("lease", { machines }, control, (during, emit) => lease(during, machines, leaseMs, control, emit)),
    reap: (machines, control = {}) =>
      runOperation("reap", { machines }, control, (during, emit) => reap(during, machines, control, emit)),
    time: () => workspace.store.now(),

    locks: () => workspace.store.locks(),
    unlock: async (locks, control = {}) => {
      const { machinesLocked, unlock } = await import("./operations/unlock.ts");
      const machines = machinesLocked(locks, await workspace.machineNames());
      return audited("unlock", machines, control, (during) => unlock(during, locks));
    },

    audit: (query = {}) => readAudit(workspace.store.path, query),
    events: (query = {}) => tailEvents(workspace.store.path, query),
    rotateAuthority: (control = {}) =>
      runOperation("rotate-authority", {}, control, (during, emit) => rotateAuthority(during, control, emit)),
    prepareAuthority: (output, control = {}) =>
      audited("prepare-authority", undefined, control, async (during) =>
        (await import("./certificates/next-authority.ts")).prepareAuthority(during, output, control),
      ),
    peopleCutOff: async () => (await import("./certificates/next-authority.ts")).peopleCutOff(workspace),
    certificates: () => certificateNotices(workspace),
    grantAccess: (request, control = {}) =>
      runOperation("grant-access", {}, control, (during, emit) => grantAccess(during, request, control, emit)),
    revokeAccess: (name, control = {}) =>
      runOperation("revoke-access", {}, control, (during, emit) => revokeAccess(during, name, control, emit)),
    access: () => accessViews(workspace),

    names: () => workspace.machineNames(),
    fleets: () => workspace.fleetNames(),
    info: async (name) => infoOf(workspace, await workspace.record(name)),
    machines: (control = {}) => viewMachines(workspace, services, control),
    status: async (name, control = {}) =>
      statusOf(workspace, services, await workspace.record(name), control.signal ?? new AbortController().signal),
    drift: async (name, control = {}) => (await import("./views/drift.ts")).driftOf(workspace, name, control),
    prices: async (control = {}) => (await import("./views/prices.ts")).pricesOf(workspace, control),
    connection: (name) => connectionOf(workspace, name),
    host: async (name, control = {}) =>
      (await import("./views/connected.ts")).connected(workspace, services, name, control),
    engine: async (name, control = {}) => {
      await workspace.record(name);
      return services.engines.connect(name, control);
    },
    active: () => activeMachine(workspace),
    driver: (name) => workspace.drivers.module(name),
    drivers: () => workspace.drivers.all(),
    addDriver: async (spec, control = {}) => (await import("./driver-packages.ts")).addDriver(workspace, spec, control),
    removeDriver: async (name, control = {}) => {
      if (await (await import("./wrap-docker-machine.ts")).unwrap(workspace, name)) return;
      await (await import("./driver-packages.ts")).removeDriver(workspace, name, control);
    },
    orphans: (query = {}) => findOrphans(workspace, query),
    prune: (orphans, control = {}) =>
      runOperation("prune", {}, control, (during, emit) => prune(during, orphans, control, emit)),
    driversHere: ({ signal = new AbortController().signal } = {}) => viewDrivers(workspace, signal),
    doctor: (control = {}) => doctor(workspace, services, control),
    [Symbol.asyncDispose]: () => services.close(),
  };
}
