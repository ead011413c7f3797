import type { ScopeRecord } from "@machinist/core";
import type { HookMachine, HookWorld } from "@machinist/hooks";
import { keyPathOf } from "../identities.ts";
import { byName } from "../machine-name.ts";
import type { Services } from "../services.ts";
import { infoOf } from "../views/info.ts";
import { statusOf } from "../views/machines.ts";
import type { Workspace } from "../workspace.ts";

/** How long a provider may take to say whether a machine runs, in ms. */
const statusMs = 10_000;

/** What hooks see of the store, and how they reach machines. */
export function hookWorld(workspace: Workspace, services: Services): HookWorld {
  const told = (record: ScopeRecord) => machineOf(workspace, record);
  return {
    storePath: workspace.store.path,
    env: workspace.env,
    hosts: services.hosts,
    record: (scope) => workspace.store.load(scope),
    machine: async (name) => {
      const record = await workspace.store.load(name).catch(() => undefined);
      return record?.machine && told(record);
    },
    machines: async (fleet) => {
      const records = (await workspace.readable()).filter((record) => record.fleet === fleet && record.machine);
      return Promise.all(records.sort((a, b) => byName(a.scope, b.scope)).map(told));
    },
    running: async (name) => {
      const record = await workspace.store.load(name).catch(() => undefined);
      if (!record) return undefined;
      const state = await statusOf(workspace, services, record, AbortSignal.timeout(statusMs)).catch(() => "unknown");
      return state === "unknown" ? undefined : state === "running";
    },
  };
}

async function machineOf(workspace: Workspace, record: ScopeRecord): Promise<HookMachine> {
  const { name, fleet, driver, folder, endpoint, url, swarm } = await infoOf(workspace, record);
  const loaded = await workspace.drivers.driver(driver).catch(() => undefined);
  const own = loaded && keyPathOf(workspace, loaded, name, fleet);
  const key = endpoint?.keyPath ?? own;
  return {
    name,
    fleet,
    driver,
    folder,
    ...(endpoint && {
      address: endpoint.host,
      privateAddress: endpoint.privateHost ?? endpoint.host,
      sshPort: endpoint.port,
      sshUser: endpoint.user,
      ...(key === undefined ? {} : { sshKey: key }),
    }),
    ...(url === undefined ? {} : { url }),
    ...(swarm === undefined ? {} : { swarm }),
  };
}
