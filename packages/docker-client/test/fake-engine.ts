import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import type { Identity } from "./authority.ts";

export interface FakeEngine {
  readonly url: string;
  readonly port: number;
  /** `METHOD path` of each request, in order. */
  readonly asked: string[];
  readonly connections: () => number;
  close(): Promise<void>;
}

export interface FakeEngineOptions {
  readonly apiVersion?: string;
  readonly tls?: { readonly ca: string; readonly server: Identity };
  readonly answer?: (request: IncomingMessage, response: ServerResponse, path: string) => void;
}

/** An engine that announces `apiVersion` and answers the rest as told. */
export async function startFakeEngine({
  apiVersion = "1.45",
  tls,
  answer,
}: FakeEngineOptions = {}): Promise<FakeEngine> {
  const asked: string[] = [];
  const listener: RequestListener = (request, response) => {
    const path = request.url ?? "";
    asked.push(`${request.method} ${path}`);
    if (path === "/_ping")
      response.writeHead(200, { "api-version": apiVersion, "content-type": "text/plain" }).end("OK");
    else if (answer !== undefined) answer(request, response, path);
    else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ path }));
  };
  const server =
    tls === undefined
      ? http.createServer(listener)
      : https.createServer({ ...tls.server, ca: tls.ca, requestCert: true, rejectUnauthorized: true }, listener);
  let connections = 0;
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `tcp://127.0.0.1:${port}`,
    port,
    asked,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
