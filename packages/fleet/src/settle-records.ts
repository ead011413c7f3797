import { isFleetScope } from "@machinist/core";
import { projectConfig } from "./config-json.ts";
import type { Operation } from "./operation.ts";
import type { Workspace } from "./workspace.ts";

/** Forget held scopes that hold nothing any more and that nobody wants; returns their names. */
export async function forgetEmpty(
  workspace: Workspace,
  operation: Operation,
  scopes: readonly string[],
  wanted: ReadonlySet<string>,
): Promise<Set<string>> {
  const empty = scopes.filter((scope) => {
    const record = operation.record(scope);
    return record && !wanted.has(scope) && Object.keys(record.resources).length === 0;
  });
  await Promise.all(empty.map((scope) => workspace.store.remove(scope)));
  return new Set(empty.filter((scope) => !isFleetScope(scope)));
}

/** Write what other programs read of each machine. */
export async function projectAll(
  workspace: Workspace,
  operation: Operation,
  machines: readonly string[],
): Promise<void> {
  await Promise.all(
    machines.map(async (machine) => {
      const record = operation.record(machine);
      if (record?.machine) await projectConfig(workspace, record);
    }),
  );
}

/** Docker's URL of each machine that has one. */
export function urlsOf(operation: Operation, scopes: readonly string[]): Map<string, string> {
  const urls = new Map<string, string>();
  for (const scope of scopes) {
    const url = operation.record(scope)?.resources[`${scope}/engine`]?.state?.url;
    if (typeof url === "string") urls.set(scope, url);
  }
  return urls;
}
