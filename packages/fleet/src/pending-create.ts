import { MachinistError, type ScopeRecord } from "@machinist/core";
import type { CreateRequest } from "./api.ts";
import { defaultFleet, isUnfinished, resumeCommand } from "./unfinished.ts";
import type { Workspace } from "./workspace.ts";

/** A request that says all; see {@link CreateRequest.driver}. */
export type WholeRequest = CreateRequest & { readonly driver: string };

/** What a machine was asked for when it was begun, for a request that names no driver. Throws `machine.exists`, `machine.unknown`. */
export async function wholeRequest(workspace: Workspace, request: CreateRequest): Promise<WholeRequest> {
  const { name, driver } = request;
  if (driver !== undefined) return { ...request, driver };
  const record = await workspace.record(name);
  const { machine, resources } = record;
  if (!machine || !isUnfinished(record) || record.fleet !== defaultFleet) throw exists(record);
  const { options, engine, lease, hostOptions } = machine;
  const leaseMs = request.leaseMs ?? lease?.askedMs;
  return {
    ...{ name, driver: machine.driver, options, engine },
    context: request.context ?? Object.values(resources).some(({ kind }) => kind === "docker.context"),
    ...(leaseMs === undefined ? {} : { leaseMs }),
    ...(hostOptions ? { hostOptions } : {}),
  };
}

/** A started machine is resumed by the driver that started it: another would leak or destroy what is there. */
export function refuseFinished(record: ScopeRecord | undefined, driver: string): void {
  if (!record) return;
  const begun = record.machine?.driver ?? driver;
  if (record.fleet !== defaultFleet || !isUnfinished(record)) throw exists(record);
  if (begun === driver) return;
  throw new MachinistError("machine.exists", `${record.scope} was started with driver ${begun}`, {
    hint: `To resume: ${resumeCommand(record)}. To start over, remove it first: machinist rm ${record.scope}`,
  });
}

const exists = ({ scope }: ScopeRecord): MachinistError =>
  new MachinistError("machine.exists", `There is already a machine ${scope}`, {
    hint: `Choose another name, or remove it first: machinist rm ${scope}`,
  });
