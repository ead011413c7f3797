import { type EngineApi, shape } from "@machinist/core";
import type { EngineFacts, NodeFacts } from "../state/state.ts";

interface Info {
  readonly ServerVersion?: string;
  readonly Containers?: number;
  readonly ContainersRunning?: number;
  readonly Images?: number;
  readonly NCPU?: number;
  readonly MemTotal?: number;
  readonly Driver?: string;
  readonly OperatingSystem?: string;
  readonly KernelVersion?: string;
  readonly Swarm?: { readonly NodeID?: string; readonly ControlAvailable?: boolean };
}

interface Node {
  readonly ID: string;
  readonly Spec?: { readonly Role?: string; readonly Availability?: string };
  readonly Status?: { readonly State?: string };
  readonly ManagerStatus?: { readonly Leader?: boolean };
}

const { anyNumber, anyText, listOf, mapOf, maybe, truth } = shape;

const infoShape = {
  ...{ ServerVersion: anyText, Driver: anyText, OperatingSystem: anyText, KernelVersion: anyText },
  ...{ Containers: anyNumber, ContainersRunning: anyNumber, Images: anyNumber, NCPU: anyNumber, MemTotal: anyNumber },
  Swarm: mapOf({ NodeID: maybe(anyText), ControlAvailable: maybe(truth) }),
};
const isNodes = listOf(
  mapOf({
    ID: anyText,
    Spec: maybe(mapOf({ Role: maybe(anyText), Availability: maybe(anyText) })),
    Status: maybe(mapOf({ State: maybe(anyText) })),
    ManagerStatus: maybe(mapOf({ Leader: maybe(truth) })),
  }),
);

type Asked = Pick<EngineApi, "request">;

/** What an engine says of itself: one request, two where it manages a Swarm. */
export async function engineFacts(api: Asked, signal: AbortSignal, timeoutMs: number): Promise<EngineFacts> {
  const said: unknown = await api.request("GET", "/info", { signal, timeoutMs });
  // Whatever answers in an engine's place: what is not as it should be is left out.
  const info = shape.sound(said, infoShape) as Info;
  const { Swarm: swarm } = info;
  const nodes = swarm?.ControlAvailable ? await swarmNodes(api, signal, timeoutMs) : undefined;
  return {
    version: info.ServerVersion ?? "",
    running: info.ContainersRunning ?? 0,
    containers: info.Containers ?? 0,
    images: info.Images ?? 0,
    cpus: info.NCPU ?? 0,
    memoryBytes: info.MemTotal ?? 0,
    storageDriver: info.Driver ?? "",
    system: [info.OperatingSystem, info.KernelVersion].filter(Boolean).join(", "),
    ...(swarm?.NodeID ? { node: swarm.NodeID } : {}),
    ...(nodes === undefined ? {} : { nodes }),
  };
}

/** A manager without a majority answers with an error: the engine itself is reached all the same. */
async function swarmNodes(api: Asked, signal: AbortSignal, timeoutMs: number): Promise<NodeFacts[] | undefined> {
  const nodes: unknown = await api.request("GET", "/nodes", { signal, timeoutMs }).catch(() => undefined);
  if (!isNodes(nodes)) return undefined;
  return (nodes as readonly Node[]).map(({ ID, Spec, Status, ManagerStatus }) => ({
    id: ID,
    role: Spec?.Role ?? "",
    availability: Spec?.Availability ?? "",
    state: Status?.State ?? "",
    leader: ManagerStatus?.Leader === true,
  }));
}
