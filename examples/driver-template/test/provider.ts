import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "@machinist/core";
import type { FaultPlan } from "@machinist/testkit";
import type { Box } from "../src/client.ts";

interface Kept extends Box {
  readonly born: number;
}

/** The imaginary provider, with the habits of real ones. */
export class Provider {
  faults: FaultPlan | undefined;
  token = "right";
  readonly boxes = new Map<string, Kept>();
  readonly #clock: Clock;
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));
  #next = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const piece of request) text += piece;
    const fault = this.faults?.fault(`${request.method} ${request.url}`) ?? "none";
    if (fault === "cut") return void request.socket.destroy();
    const refused = { throttle: 429, error: 503 }[fault as string];
    const [status, body] = refused
      ? [refused, {}]
      : request.headers.authorization === `Bearer ${this.token}`
        ? this.#answer(request.method ?? "", request.url ?? "", text === "" ? {} : JSON.parse(text))
        : [401, {}];
    if (fault === "lost") return void request.socket.destroy();
    response
      .writeHead(status, { "content-type": "application/json" })
      .end(body === undefined ? "" : JSON.stringify(body));
  }

  #answer(method: string, path: string, body: Partial<Box>): [status: number, body?: unknown] {
    const box = this.boxes.get(decodeURIComponent(path.split("/")[2] ?? ""));
    if (method === "GET") return [200, [...this.boxes.values()].filter((each) => this.#visible(each)).map(shown)];
    if (method === "POST") return [201, shown(this.#make(body))];
    if (!box) return [404, {}];
    if (method === "DELETE") {
      this.boxes.delete(box.id);
      return [204];
    }
    const changed = { ...box, ...body };
    this.boxes.set(box.id, changed);
    return [200, shown(changed)];
  }

  /** A mark given twice makes one box. */
  #make(body: Partial<Box>): Kept {
    const known = [...this.boxes.values()].find(({ mark }) => mark === body.mark);
    if (known) return known;
    const { name = "", size = "", mark = "", fleet = "" } = body;
    const number = this.#next++;
    const box: Kept = {
      id: `box-${number}`,
      name,
      size,
      mark,
      fleet,
      status: "on",
      address: `192.0.2.${number % 250}`,
      born: this.#clock.now(),
    };
    this.boxes.set(box.id, box);
    return box;
  }

  #visible = ({ born }: Kept): boolean => this.#clock.now() - born >= (this.faults?.lagMs ?? 0);
}

const shown = ({ born: _, ...box }: Kept): Box => box;
