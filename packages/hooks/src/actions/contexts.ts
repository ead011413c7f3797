import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { dockerConfigDir, listContexts, readContext, removeContext, writeContext } from "@machinist/docker-client";
import type { HookMachine } from "../payload.ts";
import type { ActionWorld } from "../world.ts";

/** Keep a docker context per machine of a fleet that has Docker. Contexts that others made are left as they are. */
export async function keepContexts(fleet: string, world: ActionWorld): Promise<void> {
  const folder = dockerConfigDir(world.env);
  const owner = `hook-${fleet}`;
  const machines = (await world.machines(fleet)).filter(({ url }) => url !== undefined);
  const names = new Set(machines.map(({ name }) => name));
  for (const context of await listContexts(folder))
    if (context.owner === owner && !names.has(context.name)) await removeContext(folder, context.name);
  for (const machine of machines) {
    const there = await readContext(folder, machine.name);
    if (there !== undefined && there.owner !== owner) continue;
    const tls = await certificatesIn(machine);
    const context = { name: machine.name, description: `machinist: ${machine.name}`, url: machine.url ?? "", owner };
    if (!there || there.url !== context.url || there.tls?.cert !== tls?.cert || there.tls?.ca !== tls?.ca)
      await writeContext(folder, { ...context, ...(tls ? { tls } : {}) });
  }
}

/** None where the engine was given by its URL alone. */
async function certificatesIn({ folder }: HookMachine) {
  const read = (pem: string) => readFile(join(folder, `${pem}.pem`), "utf8").catch(() => undefined);
  const [ca, cert, key] = await Promise.all(["ca", "cert", "key"].map(read));
  return ca === undefined || cert === undefined || key === undefined ? undefined : { ca, cert, key };
}
