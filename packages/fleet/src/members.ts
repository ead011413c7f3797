import type { ScopeRecord } from "@machinist/core";
import type { Workspace } from "./workspace.ts";

/** Names of the machines that are recorded as a fleet's. A record that cannot be read is nobody's. */
export async function machinesOfFleet(workspace: Workspace, fleet: string): Promise<string[]> {
  const names = await workspace.machineNames();
  const records = await Promise.all(names.map((name) => workspace.store.load(name).catch(() => undefined)));
  return records.flatMap((record) => (record?.fleet === fleet ? [record.scope] : []));
}

/** What is asked of a machine or a fleet that has no record yet stands on this one. It is saved nowhere, and its owner tag is nobody's. */
export const emptyRecord = (scope: string, fleet: string): ScopeRecord => ({
  version: 1,
  scope,
  uid: "",
  fleet,
  uses: [],
  lastGeneration: 0,
  resources: {},
});
