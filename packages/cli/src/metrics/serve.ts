import { createServer } from "node:http";
import { MachinistError } from "@machinist/core";

/** Where to listen: a host and a port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A look answers every scrape that comes within so many ms: whoever scrapes often must not ask the hosts as often. */
const KEEP_MS = 10_000;

/**
 * Serve a text at `/metrics` until the signal aborts. `onListening` is told where. Throws `metrics.listen`.
 */
export async function serveText(
  { host, port }: Address,
  look: () => Promise<string>,
  signal: AbortSignal,
  onListening: (url: string) => void,
): Promise<void> {
  let kept: { readonly at: number; readonly text: Promise<string> } | undefined;
  const text = () => {
    const now = Date.now();
    if (kept === undefined || now - kept.at > KEEP_MS) kept = { at: now, text: look() };
    return kept.text;
  };
  const server = createServer((request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") return void response.writeHead(405).end();
    if (request.url?.split("?")[0] !== "/metrics")
      return void response.writeHead(404).end("What there is to see is at /metrics\n");
    text().then(
      (body) => response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(body),
      (thrown: Error) => {
        kept = undefined;
        response.writeHead(503).end(`${thrown.message}\n`);
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(unheard(host, port, cause)));
    server.listen({ host, port, signal }, () => {
      const { port: bound } = server.address() as { port: number };
      onListening(`http://${host.includes(":") ? `[${host}]` : host}:${bound}/metrics`);
    });
    signal.addEventListener("abort", () => {
      server.closeAllConnections();
      resolve();
    });
  });
}

const unheard = (host: string, port: number, cause: Error): MachinistError =>
  new MachinistError("metrics.listen", `Nothing can listen at ${host} port ${port}: ${cause.message}`, {
    cause,
    hint: "Choose another address: machinist metrics --listen 127.0.0.1:PORT",
  });
