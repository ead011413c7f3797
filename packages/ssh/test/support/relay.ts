import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";

/** What went to a server and back. */
export interface Traffic {
  connections: number;
  /** How often one side spoke after the other: what a network far away would make one wait for. */
  turns: number;
}

/** A port that leads to another, and counts. */
export async function startRelay(port: number): Promise<{ port: number; traffic: Traffic; close(): void }> {
  const traffic: Traffic = { connections: 0, turns: 0 };
  const server = createServer((near) => {
    traffic.connections += 1;
    let spoke = "";
    const far = connect({ host: "127.0.0.1", port });
    for (const [name, from, to] of [
      ["client", near, far],
      ["server", far, near],
    ] as const) {
      from.on("data", () => {
        if (spoke !== name) traffic.turns += 1;
        spoke = name;
      });
      from.on("error", () => to.destroy());
      from.pipe(to);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, traffic, close: () => void server.close() };
}
