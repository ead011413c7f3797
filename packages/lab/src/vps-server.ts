import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { CloudHosts } from "./cloud-hosts.ts";
import { VpsRefusal, VpsServers } from "./vps-servers.ts";

export interface VpsOptions {
  /** Boot a real host for each server. Without it their addresses answer nobody. */
  readonly hosts?: CloudHosts;
  /** How long a server that has been made goes on building, and a switched one is busy, at least. */
  readonly slowMs?: number;
}

/**
 * A small provider of servers, as there are many: a token, SSH keys, servers that are built, switched and deleted while the caller
 * asks again and again. It does not know a repeated request for one, and forgets at once what is gone.
 */
export interface VpsLab {
  readonly url: string;
  readonly token: string;
  readonly servers: VpsServers;
  /** How often each operation was asked for: `POST /servers`. */
  readonly calls: Map<string, number>;
  /** What was asked in vain by whoever should know better, and hosts that could not be booted. */
  readonly faults: string[];
  /** How it speaks of a server that is gone: 404, or a 400 that calls its id invalid. */
  gone: "not found" | "invalid";
  /** Everything that there is now, one line each. */
  inventory(): string[];
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

export async function openVps(options: VpsOptions = {}): Promise<VpsLab> {
  const faults: string[] = [];
  const servers = new VpsServers(options.hosts, options.slowMs ?? 1500, faults);
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const lab: VpsLab = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: `vps_${randomBytes(16).toString("hex")}`,
    ...{ servers, faults, calls: new Map(), gone: "not found" },
    inventory: () => servers.inventory(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return lab;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, collection = "", id, sub] = (request.url ?? "/").split("/");
    const operation = `${request.method} /${collection}${id === undefined ? "" : "/ID"}${sub === undefined ? "" : `/${sub}`}`;
    lab.calls.set(operation, (lab.calls.get(operation) ?? 0) + 1);
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { status, body } = answerTo(operation, id ?? "", request, Buffer.concat(parts).toString("utf8"));
    response.writeHead(status, { "content-type": "application/json" });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  }

  function answerTo(operation: string, id: string, request: IncomingMessage, text: string): Answer {
    if (request.headers.authorization !== `Bearer ${lab.token}`)
      return { status: 401, body: { error: "Unable to authenticate" } };
    try {
      return route(operation, id, text === "" ? {} : JSON.parse(text));
    } catch (thrown) {
      if (!(thrown instanceof VpsRefusal)) {
        faults.push(`${operation}: ${(thrown as Error).message}`);
        return { status: 500, body: { error: "Unexpected error" } };
      }
      if (thrown.status === 404 && lab.gone === "invalid")
        return { status: 400, body: { error: `Invalid ${thrown.message.split(" ")[0]} id` } };
      return { status: thrown.status, body: { error: thrown.message } };
    }
  }

  function route(operation: string, id: string, asked: Readonly<Record<string, unknown>>): Answer {
    const word = (name: string): string => {
      const value = asked[name];
      if (typeof value === "string" && value !== "") return value;
      throw new VpsRefusal(422, `${name} is missing`);
    };
    switch (operation) {
      case "GET /account":
        return { status: 200, body: { limit: 20 } };
      case "POST /keys":
        return { status: 201, body: servers.addKey(word("name"), word("public_key")) };
      case "DELETE /keys/ID":
        servers.deleteKey(id);
        return { status: 204 };
      case "POST /servers":
        return { status: 202, body: servers.create(word("name"), word("size"), word("image"), word("key")) };
      case "GET /servers/ID":
        return { status: 200, body: servers.get(id) };
      case "POST /servers/ID/actions":
        return { status: 202, body: servers.act(id, word("type")) };
      case "DELETE /servers/ID":
        servers.destroy(id);
        return { status: 202 };
      default:
        faults.push(`${operation} is nothing that this provider has`);
        throw new VpsRefusal(404, "operation not found");
    }
  }
}
