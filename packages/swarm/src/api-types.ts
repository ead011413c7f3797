import type { EngineApi, EngineRequest } from "@machinist/core";
import { isMachinistError, MachinistError, shape } from "@machinist/core";

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

const { anyNumber, anyText, listOf, mapOf, maybe, truth, valuesOf } = shape;

const labels = maybe(valuesOf(anyText));
const encryption = maybe(mapOf({ AutoLockManagers: maybe(truth) }));
const isInfo = mapOf({
  ...{ NodeID: maybe(anyText), NodeAddr: maybe(anyText), LocalNodeState: maybe(anyText), Error: maybe(anyText) },
  ControlAvailable: maybe(truth),
  RemoteManagers: maybe(listOf(mapOf({ NodeID: maybe(anyText), Addr: anyText }))),
  Cluster: maybe(
    mapOf({
      ID: maybe(anyText),
      CreatedAt: maybe(anyText),
      Spec: maybe(mapOf({ Labels: labels, EncryptionConfig: encryption })),
    }),
  ),
});
const isNode = mapOf({
  ID: anyText,
  Version: mapOf({ Index: anyNumber }),
  Spec: mapOf({ Role: anyText, Availability: anyText, Labels: labels }),
  Status: mapOf({ State: anyText, Addr: maybe(anyText) }),
  ManagerStatus: maybe(mapOf({ Leader: maybe(truth), Reachability: maybe(anyText), Addr: maybe(anyText) })),
});
const isSwarm = mapOf({
  Version: mapOf({ Index: anyNumber }),
  Spec: mapOf({ EncryptionConfig: encryption }),
});
const hasTokens = mapOf({ JoinTokens: mapOf({ Worker: anyText, Manager: anyText }) });

/** What an engine answered, once it is what Docker answers there. Throws `swarm.answer`. */
export async function answered<T>(
  engine: EngineApi,
  path: string,
  isRight: (answer: unknown) => boolean,
  options: EngineRequest,
): Promise<T> {
  const answer: unknown = await engine.request("GET", path, options);
  if (isRight(answer)) return answer as T;
  throw new MachinistError(
    "swarm.answer",
    `What answers at ${engine.url} to ${path.replace(/\?.*/, "")} is not what Docker says there`,
    {
      retryable: true,
      hint: "Look what listens there, and of which version it is",
    },
  );
}

export async function swarmInfo(engine: EngineApi, options: EngineRequest): Promise<SwarmInfo> {
  const isRight = mapOf({ Swarm: maybe(isInfo), SystemTime: maybe(anyText) });
  const { Swarm, SystemTime } = await answered<{ Swarm?: SwarmInfo | null; SystemTime?: string | null }>(
    engine,
    "/info",
    isRight,
    options,
  );
  if (Swarm === undefined || Swarm === null)
    throw new MachinistError("swarm.unsupported", `The engine at ${engine.url} knows no Swarm mode`, {
      hint: "Use Docker Engine 1.12 or later; Podman has no Swarm mode",
    });
  return SystemTime === undefined || SystemTime === null ? Swarm : { ...Swarm, SystemTime };
}

/** A node as a manager knows it; undefined when the manager knows none of that id. */
export async function swarmNode(
  manager: EngineApi,
  id: string,
  options: EngineRequest,
): Promise<SwarmNode | undefined> {
  try {
    return await answered<SwarmNode>(manager, `/nodes/${encodeURIComponent(id)}`, isNode, options);
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** All that a manager knows. */
export const swarmNodes = (manager: EngineApi, options: EngineRequest): Promise<SwarmNode[]> =>
  answered(manager, "/nodes", listOf(isNode), options);

export interface SwarmObject {
  readonly Version: { readonly Index: number };
  readonly Spec: { readonly EncryptionConfig?: { readonly AutoLockManagers?: boolean } };
}

/** The Swarm itself, as a manager knows it. */
export const swarmObject = (manager: EngineApi, options: EngineRequest): Promise<SwarmObject> =>
  answered(manager, "/swarm", isSwarm, options);

export interface JoinTokens {
  readonly Worker: string;
  readonly Manager: string;
}

/** What lets another machine in. */
export const joinTokens = async (manager: EngineApi, options: EngineRequest): Promise<JoinTokens> =>
  (await answered<{ JoinTokens: JoinTokens }>(manager, "/swarm", hasTokens, options)).JoinTokens;

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
