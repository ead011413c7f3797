import type { EngineApi, EngineRequest } from "@machinist/core";
import { isMachinistError, MachinistError } from "@machinist/core";

/** What `/info` says of Swarm, as far as it is used here. */
export interface SwarmInfo {
  readonly NodeID: string;
  readonly NodeAddr: string;
  readonly LocalNodeState: "inactive" | "pending" | "active" | "error" | "locked" | "";
  readonly ControlAvailable: boolean;
  readonly Error: string;
  readonly RemoteManagers: readonly { readonly NodeID: string; readonly Addr: string }[] | null;
  /** The engine's own clock when it answered. */
  readonly SystemTime?: string;
  /** Only managers know it, and only while there is a leader. */
  readonly Cluster?: {
    readonly ID: string;
    readonly CreatedAt?: string;
    readonly Spec?: {
      readonly Labels?: { readonly [key: string]: string } | null;
      readonly EncryptionConfig?: { readonly AutoLockManagers?: boolean };
    };
  } | null;
}

export interface SwarmNode {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: {
    readonly Role: "manager" | "worker";
    readonly Availability: "active" | "pause" | "drain";
    readonly Labels?: { readonly [key: string]: string } | null;
  };
  readonly Status: { readonly State: string; readonly Addr?: string };
  readonly ManagerStatus?: { readonly Leader?: boolean; readonly Reachability: string; readonly Addr: string };
}

export async function swarmInfo(engine: EngineApi, options: EngineRequest): Promise<SwarmInfo> {
  const { Swarm, SystemTime } = await engine.request<{ Swarm?: SwarmInfo; SystemTime?: string }>(
    "GET",
    "/info",
    options,
  );
  if (Swarm === undefined)
    throw new MachinistError("swarm.unsupported", `The engine at ${engine.url} knows no Swarm mode`);
  return SystemTime === undefined ? Swarm : { ...Swarm, SystemTime };
}

/** A node as a manager knows it; undefined when the manager knows none of that id. */
export async function swarmNode(
  manager: EngineApi,
  id: string,
  options: EngineRequest,
): Promise<SwarmNode | undefined> {
  try {
    return await manager.request<SwarmNode>("GET", `/nodes/${encodeURIComponent(id)}`, options);
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** The engine's HTTP status behind a `docker.http` error. */
export function statusOf(error: unknown): number | undefined {
  if (!isMachinistError(error) || error.code !== "docker.http") return undefined;
  const status = (error.cause as { status?: unknown } | undefined)?.status;
  return typeof status === "number" ? status : undefined;
}

/** Whether a node belongs to some swarm, however badly. */
export const isInSwarm = (info: SwarmInfo): boolean => info.LocalNodeState !== "inactive" && info.LocalNodeState !== "";

/** How long after its beginning a Swarm may still be without its labels, in ms. */
const MARKING_MS = 15_000;

/**
 * Whether a Swarm is only being begun. Docker sets its labels, our mark among them, shortly after the Swarm is there; who
 * looks in between (after a run that was killed) sees one that seems to be nobody's.
 */
export function isBeginning(info: SwarmInfo): boolean {
  if (info.LocalNodeState === "pending") return true;
  const age = Date.parse(info.SystemTime ?? "") - Date.parse(info.Cluster?.CreatedAt ?? "");
  return age < MARKING_MS && Object.keys(info.Cluster?.Spec?.Labels ?? {}).length === 0;
}

const PASSING = [
  /rpc error(?!: code = (InvalidArgument|PermissionDenied))/i,
  /is not a swarm manager/i,
  /context deadline exceeded/i,
  /timeout was reached before node/i,
  /manager stopped/i,
  /can't initialize raft/i,
  /update out of sequence/i,
  /does not have a leader/i,
  /lost leadership|no elected cluster leader|is not the leader/i,
  /connection (refused|reset|error)/i,
  /transport is closing|unavailable/i,
  /could not find (the )?local|no such host|i\/o timeout/i,
];

/** What Swarm says while an election or a join is under way; the same request may succeed a moment later. */
export function isPassing(error: unknown): boolean {
  if (!isMachinistError(error)) return false;
  if (error.code === "docker.http") return PASSING.some((pattern) => pattern.test(error.message));
  return error.retryable;
}
