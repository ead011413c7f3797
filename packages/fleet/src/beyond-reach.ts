import { asMachinistError, type Endpoint, type Hosts, type ScopeRecord } from "@machinist/core";
import { knownReach } from "./reach.ts";
import type { Workspace } from "./workspace.ts";

/** How long a host may take to let us in before it counts as one that does not answer, in ms. */
const answerMs = 3000;

/** What is on a host and nowhere else. */
const onHost = new Set(["docker.engine", "compose.project"]);

/** A machine on a host of the user's own that does not answer any more. */
export interface BeyondReach {
  readonly endpoint: Endpoint;
  /** The ids of what is on that host. */
  readonly lost: ReadonlySet<string>;
}

/**
 * Whether a machine's host is the user's own and does not answer: nobody removes such a host, so that nothing tells whether it is
 * gone. Undefined where it answers, and for machines that a provider knows.
 */
export async function beyondReach(
  workspace: Workspace,
  record: ScopeRecord,
  hosts: Hosts,
  signal: AbortSignal,
): Promise<BeyondReach | undefined> {
  const resources = Object.values(record.resources);
  const driver = record.machine && (await workspace.drivers.driver(record.machine.driver));
  const isOwn = resources.some(({ kind }) => driver?.resourceTypes[kind]?.retainOnDelete);
  if (!driver?.endpoint || !isOwn) return undefined;
  const { endpoint } = knownReach(driver, record.scope, await workspace.states(record));
  if (!endpoint || (await answers(hosts, record.scope, signal))) return undefined;
  return { endpoint, lost: new Set(resources.filter(({ kind }) => onHost.has(kind)).map(({ id }) => id)) };
}

async function answers(hosts: Hosts, machine: string, signal: AbortSignal): Promise<boolean> {
  const late = AbortSignal.timeout(answerMs);
  try {
    await (await hosts.connect(machine, { signal: AbortSignal.any([signal, late]), waitMs: 0 })).close();
    return true;
  } catch (thrown) {
    signal.throwIfAborted();
    // Whoever refuses us is there.
    return !late.aborted && asMachinistError(thrown).code !== "ssh.unreachable";
  }
}
