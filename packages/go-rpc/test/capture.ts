import { readFileSync } from "node:fs";

/** One message of a session between docker-machine and one of its drivers. */
export interface Captured {
  readonly stream: string;
  readonly direction: "client->server" | "server->client";
  readonly method: string;
  readonly seq?: number;
  readonly error?: string;
  /** As Go itself decoded the argument or the reply. */
  readonly decoded?: unknown;
  readonly hex: string;
}

const all = readFileSync(new URL("fixtures/rpc-capture.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Captured);

/** The messages of each session and direction, without the HTTP greeting. */
export const sessions: ReadonlyMap<string, readonly Captured[]> = all
  .filter(({ method }) => method !== "HTTP")
  .reduce((map, each) => {
    const name = `${each.stream} ${each.direction}`;
    return map.set(name, [...(map.get(name) ?? []), each]);
  }, new Map<string, Captured[]>());

export const bytesOf = ({ hex }: Captured): Buffer => Buffer.from(hex, "hex");
