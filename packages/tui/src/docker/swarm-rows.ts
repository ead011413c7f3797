import type { Mood, Row } from "../state/rows.ts";

export interface ListedNode {
  readonly ID: string;
  readonly Spec?: { readonly Role?: string; readonly Availability?: string };
  readonly Description?: { readonly Hostname?: string; readonly Engine?: { readonly EngineVersion?: string } };
  readonly Status?: { readonly State?: string; readonly Addr?: string };
  readonly ManagerStatus?: { readonly Leader?: boolean; readonly Reachability?: string };
}

export interface ListedService {
  readonly ID: string;
  readonly Spec?: {
    readonly Name?: string;
    readonly Mode?: { readonly Replicated?: { readonly Replicas?: number }; readonly Global?: object };
    readonly TaskTemplate?: { readonly ContainerSpec?: { readonly Image?: string } };
  };
  readonly Endpoint?: { readonly Ports?: readonly { readonly PublishedPort?: number; readonly TargetPort?: number }[] };
}

export interface ListedTask {
  readonly ID: string;
  readonly ServiceID?: string;
  readonly NodeID?: string;
  readonly Slot?: number;
  readonly DesiredState?: string;
  readonly Status?: { readonly State?: string; readonly Message?: string; readonly Err?: string };
}

const byFirst = (a: Row, b: Row): number => (a.cells[0]! < b.cells[0]! ? -1 : 1);

export const nodeRows = (nodes: readonly ListedNode[]): Row[] =>
  nodes
    .map(({ ID, Spec, Description, Status, ManagerStatus }): Row => {
      const role = `${Spec?.Role ?? ""}${ManagerStatus?.Leader ? ", leader" : ""}`;
      const state = Status?.State ?? "";
      const availability = Spec?.Availability ?? "";
      const cells = [
        Description?.Hostname ?? ID,
        role,
        availability,
        state,
        Description?.Engine?.EngineVersion ?? "",
        Status?.Addr ?? "",
      ];
      return { key: ID, cells, mood: state !== "ready" ? "bad" : availability === "active" ? "good" : "warn" };
    })
    .sort(byFirst);

/** With how many of the tasks that are wanted run. */
export const serviceRows = (services: readonly ListedService[], tasks: readonly ListedTask[]): Row[] =>
  services
    .map(({ ID, Spec, Endpoint }): Row => {
      const own = tasks.filter(({ ServiceID, DesiredState }) => ServiceID === ID && DesiredState === "running");
      const running = own.filter(({ Status }) => Status?.State === "running").length;
      const wanted = Spec?.Mode?.Replicated?.Replicas ?? own.length;
      const ports = (Endpoint?.Ports ?? []).map(({ PublishedPort, TargetPort }) => `${PublishedPort}->${TargetPort}`);
      const image = Spec?.TaskTemplate?.ContainerSpec?.Image?.replace(/@sha256:.*$/, "") ?? "";
      const mode = Spec?.Mode?.Global === undefined ? "replicated" : "global";
      const cells = [Spec?.Name ?? ID, mode, `${running}/${wanted}`, image, ports.join(" ")];
      return { key: ID, cells, mood: running >= wanted ? "good" : "warn" };
    })
    .sort(byFirst);

const taskMoods: { readonly [state: string]: Mood } = {
  running: "good",
  complete: "faint",
  shutdown: "faint",
  failed: "bad",
  rejected: "bad",
  orphaned: "bad",
};

/** Tasks under the names of their services and nodes; what is over comes last. */
export function taskRows(
  tasks: readonly ListedTask[],
  services: readonly ListedService[],
  nodes: readonly ListedNode[],
): Row[] {
  const serviceNames = new Map(services.map(({ ID, Spec }) => [ID, Spec?.Name ?? ID]));
  const nodeNames = new Map(nodes.map(({ ID, Description }) => [ID, Description?.Hostname ?? ID]));
  const over = (row: Row) => Number(row.cells[2] !== "running");
  return tasks
    .map(({ ID, ServiceID = "", NodeID = "", Slot, DesiredState = "", Status }): Row => {
      const state = Status?.State ?? "";
      const name = `${serviceNames.get(ServiceID) ?? ServiceID}.${Slot ?? nodeNames.get(NodeID) ?? NodeID}`;
      const cells = [name, state, DesiredState, nodeNames.get(NodeID) ?? NodeID, Status?.Err ?? Status?.Message ?? ""];
      return { key: ID, cells, mood: taskMoods[state] ?? "busy" };
    })
    .sort((a, b) => over(a) - over(b) || byFirst(a, b));
}
