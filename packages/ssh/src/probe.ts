import type { Connection } from "./connection.ts";

/** How long an idle connection has to give a sign of life, in ms. */
const PROBE_MS = 3000;

/** Whether the other side of an idle connection still answers: any answer will do. */
export function answers(connection: Connection): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (alive: boolean) => {
      clearTimeout(timer);
      if (alive) connection.aliveAt = Date.now();
      resolve(alive);
    };
    const timer = setTimeout(settle, PROBE_MS, false);
    try {
      connection.client.exec(":", (_error, channel) => {
        channel
          ?.resume()
          .on("error", () => {})
          .end();
        channel?.stderr.resume();
        settle(!connection.ended);
      });
    } catch {
      settle(false);
    }
  });
}
