import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { lockFile, MachinistError, systemClock } from "@machinist/core";

/** Below the ranges from which systems take ports for outgoing connections, and above the well-known ones. */
const FIRST = 21_000;
const COUNT = 8_000;

/**
 * Choose `count` ports of 127.0.0.1 that are free and that no other machine, even a stopped one, has been given. They
 * belong to the folder until it is gone.
 */
export async function claimPorts(
  registry: string,
  folder: string,
  count: number,
  signal: AbortSignal,
): Promise<number[]> {
  await mkdir(registry, { recursive: true, mode: 0o700 });
  const lock = await lockFile(join(registry, ".lock"), { waitMs: 60_000, signal, what: "the choice of ports" });
  try {
    const taken = await liveClaims(registry);
    const ports: number[] = [];
    for (const port of inTurn(registry))
      if (ports.length < count && !taken.has(port) && (await isFree(port))) {
        await writeFile(join(registry, String(port)), folder, { mode: 0o600 });
        ports.push(port);
      }
    if (ports.length === count) return ports;
    throw new MachinistError("qemu.ports", `No ports from ${FIRST} to ${FIRST + COUNT} are free on this computer`);
  } finally {
    await lock.release();
  }
}

/** Stores begin at different places: one that knew nothing of another's stopped machine would take its port. */
function* inTurn(registry: string): Generator<number> {
  const start = createHash("sha256").update(registry).digest().readUInt32BE(0) % COUNT;
  for (let step = 0; step < COUNT; step++) yield FIRST + ((start + step) % COUNT);
}

export async function releasePorts(registry: string, ports: readonly number[]): Promise<void> {
  for (const port of ports) await rm(join(registry, String(port)), { force: true });
}

async function liveClaims(registry: string): Promise<Set<number>> {
  const live = new Set<number>();
  for (const name of await readdir(registry)) {
    if (!/^\d+$/.test(name)) continue;
    const folder = await readFile(join(registry, name), "utf8");
    if (await stat(folder).catch(() => undefined)) live.add(Number(name));
    else await rm(join(registry, name), { force: true });
  }
  return live;
}

/** Whether a port could be listened on at an address of this computer now. */
export function isFree(port: number, address = "127.0.0.1"): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: address, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** How long a process that was ended may keep its ports, in ms: the kernel frees its memory first. */
const LINGER_MS = 2000;

export async function becomesFree(port: number, address: string | undefined, signal: AbortSignal): Promise<boolean> {
  const end = Date.now() + LINGER_MS;
  for (;;) {
    if (await isFree(port, address)) return true;
    if (Date.now() >= end) return false;
    await systemClock.sleep(50, signal);
  }
}
