import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Served {
  body: Buffer;
  etag?: string;
  /** The connection is cut after so many bytes of an answer. */
  cutAfter?: number;
  /** Send this and then nothing, until the client goes. */
  stopAfter?: number;
  status?: number;
  location?: string;
}

/** A file server on loopback that understands ranges and misbehaves as told. */
export class FileServer {
  readonly files = new Map<string, Served>();
  /** `PATH RANGE`, one for each request. */
  readonly requests: string[] = [];
  readonly #server = createServer((request, response) => this.#serve(request, response));

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${path}`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? "";
    this.requests.push(`${path} ${request.headers.range ?? ""}`.trim());
    const file = this.files.get(path);
    if (!file) return void response.writeHead(404).end();
    if (file.location !== undefined) return void response.writeHead(302, { location: file.location }).end();
    if (file.status !== undefined) return void response.writeHead(file.status, { "retry-after": "7" }).end();
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    if (from > 0 && from >= file.body.length) return void response.writeHead(416).end();
    const body = file.body.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      "content-length": body.length,
      ...(file.etag === undefined ? {} : { etag: file.etag }),
      ...(from > 0 ? { "content-range": `bytes ${from}-${file.body.length - 1}/${file.body.length}` } : {}),
    });
    if (file.cutAfter !== undefined) response.write(body.subarray(0, file.cutAfter), () => response.destroy());
    else if (file.stopAfter !== undefined) response.write(body.subarray(0, file.stopAfter));
    else response.end(body);
  }
}
