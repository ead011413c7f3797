import { createServer } from "node:net";
import { MachinistError } from "@machinist/core";
import { longList, type Rule } from "./listing.ts";
import type { Program } from "./program.ts";

/** Whether nobody listens there now. */
export const isFree = (port: number): Promise<boolean> =>
  listen(port).then(
    () => true,
    () => false,
  );

/** Listen on a port of 127.0.0.1 for a moment; which it was. */
function listen(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : port));
    });
  });
}

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
    while (port === 0 || !(await isFree(port)) || (port !== had && port !== rule.hostPort && hostPorts.has(port)))
      port = await listen(0);
    hostPorts.add(port);
    chosen.push({ ...rule, hostPort: port });
  }
  return chosen;
}

export const taken = (port: number): MachinistError =>
  new MachinistError("virtualbox.port", `Port ${port} of this computer is in use`, {
    hint: `Free it (what uses it: ss -ltnp sport = :${port}), or publish another port`,
  });
