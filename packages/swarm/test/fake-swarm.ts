import type { EngineApi, Engines } from "@machinist/core";
import { MachinistError } from "@machinist/core";
import type { SwarmInfo } from "../src/api-types.ts";

/** `away`: nobody answers there. */
export type FakeEngine = "away" | "gone" | Partial<SwarmInfo>;

export const idle: Partial<SwarmInfo> = { LocalNodeState: "inactive" };
export const manages = (cluster: string, owner?: string, nodeId = "n"): Partial<SwarmInfo> => ({
  LocalNodeState: "active",
  ControlAvailable: true,
  NodeID: nodeId,
  RemoteManagers: [{ NodeID: nodeId, Addr: "192.0.2.1:2377" }],
  Cluster: { ID: cluster, Spec: { Labels: owner === undefined ? {} : { "machinist.owner": owner } } },
});

/** Engines by machine; `/info` is answered from the table, everything else by `answer`. */
export function fakeEngines(
  table: { [machine: string]: FakeEngine },
  answer: (machine: string, line: string, body: unknown) => unknown = (_machine, line) => {
    throw new MachinistError("docker.http", `unexpected: ${line}`, { cause: { status: 500 } });
  },
): Engines & { readonly asked: string[] } {
  const asked: string[] = [];
  const engineOf = (machine: string): EngineApi => ({
    url: `tcp://${machine}:2376`,
    request: async <T>(method: string, path: string, options?: { body?: unknown }): Promise<T> => {
      const line = `${method} ${path}`;
      if (line !== "GET /info") asked.push(`${machine} ${line}`);
      const known = table[machine];
      const info = {
        NodeID: "",
        NodeAddr: "",
        ControlAvailable: false,
        Error: "",
        RemoteManagers: null,
        ...(known as object),
      };
      return (line === "GET /info" ? { Swarm: info } : answer(machine, line, options?.body)) as T;
    },
    close: () => {},
  });
  return {
    asked,
    connect: async (machine) => {
      const known = table[machine];
      if (known === undefined || known === "gone")
        throw new MachinistError("machine.unknown", `there is no ${machine}`);
      if (known === "away") throw new MachinistError("docker.unreachable", `${machine} is away`, { retryable: true });
      return engineOf(machine);
    },
  };
}
