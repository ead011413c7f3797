import http from "node:http";
import type { AddressInfo } from "node:net";

const container = (id: string, state: string) => ({
  Id: id,
  Names: [`/${id}`],
  State: state,
  Status: state === "running" ? "Up 2 hours" : "Exited (0) 3 days ago",
  Image: "nginx:1.29",
  Ports: [{ PublicPort: 80, PrivatePort: 80, Type: "tcp" }],
});

const node = {
  ID: "n1",
  Spec: { Role: "manager", Availability: "active" },
  Description: { Hostname: "host-1", Engine: { EngineVersion: "28.1.0" } },
  Status: { State: "ready", Addr: "127.0.0.1" },
  ManagerStatus: { Leader: true },
};
const service = { ID: "s1", Spec: { Name: "web", Mode: { Replicated: { Replicas: 1 } } } };
const task = {
  ID: "t1",
  ServiceID: "s1",
  NodeID: "n1",
  Slot: 1,
  DesiredState: "running",
  Status: { State: "running" },
};

const answers: { readonly [path: string]: unknown } = {
  "/info": {
    ServerVersion: "28.1.0",
    Containers: 2,
    ContainersRunning: 1,
    Images: 1,
    NCPU: 4,
    MemTotal: 8 * 1024 ** 3,
    Driver: "overlay2",
    OperatingSystem: "Debian 13",
    KernelVersion: "6.12",
    Swarm: { NodeID: "n1", ControlAvailable: true },
  },
  "/version": { Version: "28.1.0" },
  "/containers/json": [container("web", "running"), container("job", "exited")],
  "/images/json": [{ Id: "sha256:abc", RepoTags: ["nginx:1.29"], Size: 190e6, Created: 1_700_000_000 }],
  "/volumes": { Volumes: [{ Name: "data", Driver: "local", Mountpoint: "/var/lib/docker/volumes/data/_data" }] },
  "/nodes": [node],
  "/services": [service],
  "/tasks": [task],
};

export interface FakeEngine {
  readonly url: string;
  /** `METHOD path` of what changed something. */
  readonly acts: string[];
  /** How many questions of one host were open at once, at most. */
  readonly most: () => number;
  /** How many are open now; {@link most} counts from here on. */
  recount(): number;
  close(): void;
}

/** Docker's API with two containers and a Swarm of one node. A silent one takes connections and answers nothing. */
export async function startFakeEngine({ silent = false } = {}): Promise<FakeEngine> {
  const acts: string[] = [];
  let open = 0;
  let most = 0;
  const server = http.createServer((request, response) => {
    most = Math.max(most, ++open);
    response.on("close", () => open--);
    if (silent) return;
    const path = (request.url ?? "").replace(/^\/v[\d.]+/, "").replace(/\?.*$/, "");
    const json = (value: unknown) =>
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (path === "/_ping") return void response.writeHead(200, { "api-version": "1.45" }).end("OK");
    if (path.endsWith("/logs")) return followLog(response);
    if (path.endsWith("/stats"))
      return void json({
        read: new Date().toISOString(),
        cpu_stats: { cpu_usage: { total_usage: 1 } },
        memory_stats: { usage: 5e6 },
      });
    if (request.method !== "GET") {
      acts.push(`${request.method} ${path}`);
      return void response.writeHead(204).end();
    }
    if (path in answers) return void json(answers[path]);
    response.writeHead(404, { "content-type": "application/json" }).end('{"message":"no such thing"}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `tcp://127.0.0.1:${port}`,
    acts,
    most: () => most,
    recount: () => (most = open),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function followLog(response: http.ServerResponse): void {
  response.writeHead(200, { "content-type": "application/vnd.docker.raw-stream" });
  let line = 0;
  const timer = setInterval(() => {
    const body = Buffer.from(`GET / ${++line}\n`);
    const header = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt32BE(body.length, 4);
    response.write(Buffer.concat([header, body]));
  }, 50);
  response.on("close", () => clearInterval(timer));
}
