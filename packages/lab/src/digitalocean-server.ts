import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Clock, systemClock } from "@machinist/core";
import type { CloudHosts } from "./cloud-hosts.ts";
import { Droplets } from "./digitalocean-droplets.ts";
import { Judge, type Met } from "./digitalocean-judge.ts";
import { RateLimit } from "./digitalocean-rate-limit.ts";
import { type Answer, routes } from "./digitalocean-routes.ts";
import { Refusal, World } from "./digitalocean-world.ts";

/** How the server behaves for a while: testkit's `FaultPlan`. */
export interface ServerFaultPlan {
  fault(call: string): "none" | "throttle" | "error" | "cut" | "lost";
  readonly lagMs: number;
}

export interface DigitalOceanOptions {
  readonly clock?: Clock;
  readonly dropletLimit?: number;
  /** Requests in an hour, and in a minute. Default: what DigitalOcean says, 5000 and 250. */
  readonly limits?: { readonly hour: number; readonly minute: number };
  readonly bootMs?: number;
  readonly actionMs?: number;
  /** Boot a real host for each droplet. */
  readonly hosts?: CloudHosts;
}

/** An account at a DigitalOcean of our own, in which every request and answer is judged by the official document. */
export interface DigitalOceanLab {
  readonly url: string;
  /** Answers with the address 203.0.113.7, as services do that tell a caller's own. */
  readonly addressUrl: string;
  readonly world: World;
  readonly droplets: Droplets;
  readonly limit: RateLimit;
  /** The only one that is accepted; may be changed. */
  token: string;
  faultPlan: ServerFaultPlan | undefined;
  /** How often each operation was called, by the document's name for it. */
  readonly calls: Map<string, number>;
  /** What the document forbids, and was done all the same: by whoever called, or by this server. */
  readonly faults: string[];
  /** Everything that there is now, one line each, but for what each account has. */
  inventory(): string[];
  close(): Promise<void>;
}

const CALLER = "203.0.113.7";

export async function openDigitalOcean(options: DigitalOceanOptions = {}): Promise<DigitalOceanLab> {
  const judge = new Judge();
  const clock = options.clock ?? systemClock;
  const world = new World(clock, options.dropletLimit ?? 1000);
  const timing = { bootMs: options.bootMs ?? 5000, actionMs: options.actionMs ?? 2000 };
  const droplets = new Droplets(world, timing, options.hosts);
  const table = routes(world, droplets);
  const server = createServer((request, response) => void serve(request, response));
  // Clients keep connections open between requests; a test that ends does not wait for them.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const lab: DigitalOceanLab = {
    ...{ url, addressUrl: `${url}/address`, world, droplets },
    limit: new RateLimit(clock, options.limits ?? { hour: 5000, minute: 250 }),
    token: `dop_v1_${randomBytes(32).toString("hex")}`,
    faultPlan: undefined,
    calls: new Map(),
    faults: [],
    inventory: () => inventory(world),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return lab;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", url);
    const text = await textOf(request);
    if (pathname === "/address") return void response.end(`${CALLER}\n`);
    world.lagMs = lab.faultPlan?.lagMs ?? 0;
    world.catchUp();
    const met = judge.meet(request.method ?? "", pathname);
    if (!met) {
      lab.faults.push(`${request.method} ${pathname} is not in the document`);
      return send(response, undefined, { status: 404, body: { id: "not_found", message: "no such operation" } });
    }
    lab.calls.set(met.operationId, (lab.calls.get(met.operationId) ?? 0) + 1);
    const fault = lab.faultPlan?.fault(met.operationId) ?? "none";
    if (fault === "cut") return void request.socket.destroy();
    const answer = answerTo(met, request, searchParams, text, fault);
    if (fault === "lost") return void request.socket.destroy();
    send(response, met, answer);
  }

  function answerTo(met: Met, request: IncomingMessage, query: URLSearchParams, text: string, fault: string): Answer {
    if (request.headers.authorization !== `Bearer ${lab.token}`)
      return { status: 401, body: { id: "unauthorized", message: "Unable to authenticate you" } };
    if (!lab.limit.take() || fault === "throttle")
      return { status: 429, body: { id: "too_many_requests", message: "API Rate limit exceeded." } };
    if (fault === "error")
      return { status: 500, body: { id: "server_error", message: "Unexpected server-side error" } };
    try {
      const body = text === "" ? undefined : JSON.parse(text);
      const faults = judge.request(met, query, body);
      if (faults.length > 0) {
        lab.faults.push(...faults.map((each) => `request ${met.operationId}: ${each}`));
        return { status: 422, body: { id: "unprocessable_entity", message: faults.join("; ") } };
      }
      const route = table[met.operationId];
      if (!route) throw new Refusal(501, "not_implemented", `${met.operationId} is not served here`);
      return route({ met, query, body, url: `${url}${met.template}` });
    } catch (error) {
      if (error instanceof Refusal) return { status: error.status, body: { id: error.id, message: error.message } };
      lab.faults.push(`server ${met.operationId}: ${(error as Error).stack}`);
      return { status: 500, body: { id: "server_error", message: "Unexpected server-side error" } };
    }
  }

  function send(response: ServerResponse, met: Met | undefined, { status, body }: Answer): void {
    const headers: Record<string, string> = {
      ...lab.limit.headers(),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(status === 429 ? { "retry-after": String(lab.limit.retryAfter()) } : {}),
    };
    const sent = body === undefined ? undefined : JSON.parse(JSON.stringify(body));
    const faults = met ? judge.answer(met, status, headers, sent) : [];
    lab.faults.push(...faults.map((each) => `answer ${status} to ${met?.operationId}: ${each}`));
    response.writeHead(status, headers).end(body === undefined ? undefined : JSON.stringify(body));
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

function inventory(world: World): string[] {
  world.catchUp();
  return [
    ...world.droplets.all().map(({ id, name }) => `droplet ${id} ${name}`),
    ...world.firewalls.all().map(({ name }) => `firewall ${name}`),
    ...world.keys.all().map(({ name }) => `ssh-key ${name}`),
    ...world.vpcs.all().flatMap((vpc) => (vpc.default ? [] : `vpc ${vpc.name}`)),
    ...world.tags.all().map((name) => `tag ${name}`),
  ];
}
