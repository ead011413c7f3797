import { join } from "node:path";
import { lockFile, type ScopeRecord } from "@machinist/core";
import type { AccessList, Certificates } from "@machinist/provision";
import type { Workspace } from "../workspace.ts";

/** The store's authority and the people who have access. Their package is loaded when it is first needed. */
export async function openCertificates(
  workspace: Workspace,
): Promise<{ readonly certificates: Certificates; readonly access: AccessList }> {
  const { createAccessList, createCertificates } = await import("@machinist/provision");
  const folder = workspace.certsFolder;
  return { certificates: createCertificates({ folder }), access: createAccessList(folder) };
}

/** Do something to the store's authority that no other process may do meanwhile. Throws `store.locked`. */
export async function withAuthority<T>(workspace: Workspace, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const path = join(workspace.store.path, "locks", "certificates.lock");
  const lock = await lockFile(path, {
    waitMs: workspace.lockWaitMs,
    signal,
    what: "the store's certificates",
    name: "certificates",
    ...(workspace.run ? { command: workspace.run.action } : {}),
  });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** Records of the machines that have an engine of ours. */
export const withEngine = async (workspace: Workspace): Promise<ScopeRecord[]> =>
  (await workspace.readable()).filter((record) => record.resources[`${record.scope}/engine`]);

/** SHA-256 of each certificate that a machine's engine trusted when it was last looked at. */
export function trustedBy({ scope, resources }: ScopeRecord): readonly string[] {
  const trusted = resources[`${scope}/engine`]?.state?.trusted;
  return Array.isArray(trusted) ? trusted.map(String) : [];
}

/** Machines whose engines, when last looked at, did not trust just whom they should trust now. From the records alone. */
export async function behind(workspace: Workspace): Promise<string[]> {
  const { certificates } = await openCertificates(workspace);
  const { fingerprintsIn } = await import("@machinist/provision");
  const late = await Promise.all(
    (await withEngine(workspace)).map(async (record) => {
      const wanted = fingerprintsIn((await certificates.trusted(record.scope, record.fleet)) ?? "");
      return trustedBy(record).join() === wanted.join() ? [] : [record.scope];
    }),
  );
  return late.flat();
}
