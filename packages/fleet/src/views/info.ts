import { MachinistError, type ScopeRecord } from "@machinist/core";
import type { Connection, MachineInfo } from "../api.ts";
import { knownReach } from "../reach.ts";
import { isUnfinished, resumeCommand } from "../unfinished.ts";
import type { Workspace } from "../workspace.ts";

/** A machine as its record tells it. */
export async function infoOf(workspace: Workspace, record: ScopeRecord): Promise<MachineInfo> {
  const { scope: name, machine } = record;
  if (!machine)
    throw new MachinistError("store.corrupt", `The record of ${name} does not say how the machine was asked for`, {
      hint: `Forget it with: machinist rm -f ${name}`,
    });
  const driver = await workspace.drivers.driver(machine.driver).catch(() => undefined);
  const states = await workspace.states(record);
  const { endpoint, url } = knownReach(driver, name, states);
  const engine = record.resources[`${name}/engine`];
  const expires = engine?.state?.certExpires;
  const role = record.resources[`${name}/swarm`]?.props.role;
  const resources = Object.values(record.resources);
  const unfinished = isUnfinished(record);
  return {
    name,
    fleet: record.fleet,
    driver: machine.driver,
    options: machine.options,
    engine: machine.engine,
    folder: workspace.store.folder(name),
    createdAt: machine.createdAt,
    resources,
    incomplete: unfinished,
    ...(unfinished ? { resume: resumeCommand(record) } : {}),
    ...(typeof machine.lease?.until === "number" ? { leaseUntil: machine.lease.until } : {}),
    ...(url ? { url } : {}),
    ...(endpoint ? { endpoint } : {}),
    ...(role === "manager" || role === "worker" ? { swarm: role } : {}),
    ...(typeof expires === "string" && expires ? { certExpires: expires } : {}),
  };
}

/** What a docker client needs. Throws `machine.no-engine`. */
export async function connectionOf(workspace: Workspace, machine: string): Promise<Connection> {
  const record = await workspace.record(machine);
  const info = await infoOf(workspace, record);
  if (!info.url)
    throw new MachinistError("machine.no-engine", `There is no Docker on ${machine} (yet)`, {
      hint: info.engine === false ? "It was made without" : `Finish it: machinist provision ${machine}`,
    });
  const driver = await workspace.drivers.driver(info.driver);
  return { machine, url: info.url, certPath: info.folder, tls: !driver.engineUrl };
}

/** The name of the machine that $DOCKER_HOST points to. */
export async function activeMachine(workspace: Workspace): Promise<string | undefined> {
  const url = workspace.env.DOCKER_HOST;
  if (!url) return undefined;
  for (const record of await workspace.readable())
    if ((await infoOf(workspace, record).catch(() => undefined))?.url === url) return record.scope;
  return undefined;
}
