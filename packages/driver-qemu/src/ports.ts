import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { lockFile, MachinistError, systemClock } from "@machinist/core";
import type { Places } from "./paths.ts";

/** Below the ranges from which systems take ports for outgoing connections, and above the well-known ones. */
const FIRST = 21_000;
const COUNT = 8_000;

/** Where it is kept which folder has a port, and the folders of this store. */
type Registry = Pick<Places, "ports" | "all">;

/**
 * Choose `count` ports of 127.0.0.1 that are free and that no other machine, even a stopped one, has been given. They
 * belong to the folder until it is gone.
 */
export async function claimPorts(
  { ports: registry, all }: Registry,
  folder: string,
  count: number,
  signal: AbortSignal,
): Promise<number[]> {
  await mkdir(registry, { recursive: true, mode: 0o700 });
  const lock = await lockFile(join(registry, ".lock"), { waitMs: 60_000, signal, what: "the choice of ports" });
  try {
    const taken = await liveClaims(registry, await all());
    const ports: number[] = [];
    for (const port of inTurn(registry))
      if (ports.length < count && !taken.has(port) && (await isFree(port))) {
        await writeFile(join(registry, String(port)), folder, { mode: 0o600 });
        ports.push(port);
      }
    if (ports.length === count) return ports;
    throw new MachinistError("qemu.ports", `No ports from ${FIRST} to ${FIRST + COUNT} are free on this computer`, {
      hint: "Stop a program that listens there (ss -ltnp), or remove a machine",
    });
  } finally {
    await lock.release();
  }
}

/** Stores begin at different places: one that knew nothing of another's stopped machine would take its port. */
function* inTurn(registry: string): Generator<number> {
  const start = createHash("sha256").update(registry).digest().readUInt32BE(0) % COUNT;
  for (let step = 0; step < COUNT; step++) yield FIRST + ((start + step) % COUNT);
}

/** The folder may have been moved since: its ports are kept under its new name. */
export async function keepPorts(registry: Registry, folder: string, ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const path = join(registry.ports, String(port));
    const holder = await readFile(path, "utf8").catch(() => undefined);
    if (holder === folder || (holder !== undefined && (await stat(holder).catch(() => undefined)))) continue;
    if (holder === undefined || basename(holder) === basename(folder)) await writeFile(path, folder, { mode: 0o600 });
  }
}

/** Those that are the folder's: of a copy of a store, the ports are the original's. */
export async function releasePorts(
  { ports: registry }: Registry,
  folder: string,
  ports: readonly number[],
): Promise<void> {
  for (const port of ports) {
    const path = join(registry, String(port));
    const holder = await readFile(path, "utf8").catch(() => folder);
    const isGone = async () => (await stat(holder).catch(() => undefined)) === undefined;
    if (holder === folder || (basename(holder) === basename(folder) && (await isGone())))
      await rm(path, { force: true });
  }
}

/** Whose folder is there, or was moved: an owner tag names one machine, wherever its folder is. */
async function liveClaims(registry: string, here: readonly string[]): Promise<Set<number>> {
  const owners = new Set(here.map((folder) => basename(folder)));
  const live = new Set<number>();
  for (const name of await readdir(registry)) {
    if (!/^\d+$/.test(name)) continue;
    const folder = await readFile(join(registry, name), "utf8");
    if (owners.has(basename(folder)) || (await stat(folder).catch(() => undefined))) live.add(Number(name));
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
