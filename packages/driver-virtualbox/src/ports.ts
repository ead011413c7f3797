import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { MachinistError } from "@machinist/core";
import { longList, type Rule } from "./listing.ts";
import type { Program } from "./program.ts";

/** Whether nobody listens there now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Below what systems give to outgoing connections: one of those could have the port when the machine starts. */
const [FIRST, COUNT] = [24000, 8000];

/**
 * Give each rule a port of this computer: the one it has, if nobody else took it while the machine was off, else one that
 * is free and that no other machine forwards, running or not. Asked while no other machinist chooses.
 */
export async function choosePorts(
  program: Program,
  wanted: readonly Rule[],
  before: readonly Rule[],
  signal: AbortSignal,
): Promise<Rule[]> {
  const { hostPorts } = longList(await program.run(["list", "--long", "vms"], { signal }));
  const chosen: Rule[] = [];
  for (const rule of wanted) {
    if (rule.hostPort !== 0 && !(await isFree(rule.hostPort))) throw taken(rule.hostPort);
    const had = before.find(({ name }) => name === rule.name)?.hostPort;
    let port = rule.hostPort || had || 0;
    for (let next = randomInt(COUNT); port === 0 || (port !== rule.hostPort && !(await isFree(port))); next++) {
      signal.throwIfAborted();
      const candidate = FIRST + (next % COUNT);
      port = hostPorts.has(candidate) ? 0 : candidate;
    }
    hostPorts.add(port);
    chosen.push({ ...rule, hostPort: port });
  }
  return chosen;
}

export const taken = (port: number): MachinistError =>
  new MachinistError("virtualbox.port", `Port ${port} of this computer is in use`, {
    hint: `Free it (what uses it: ss -ltnp sport = :${port}), or let another be chosen: machinist up`,
  });
