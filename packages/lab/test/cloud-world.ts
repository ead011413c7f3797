import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootSecretPath, writeBootSecret } from "@machinist/cloud-init";
import type { Host } from "@machinist/core";
import { createHosts, type HostPool, type Identity, writeIdentity } from "@machinist/ssh";

/** What a user of cloud hosts has: a folder for each machine, a key, and connections as machinist opens them. */
export interface CloudWorld {
  readonly identity: Identity;
  /** A machine's own folder. */
  readonly folder: (machine: string) => string;
  readonly knownHosts: (machine: string) => string;
  /** Lays the secret ready by which the machine has to prove its key. */
  expect(machine: string, secret: string): Promise<void>;
  connect(machine: string, address: string, user?: string, waitMs?: number): Promise<Host>;
  /** Forget all connections; the next starts from what is on disk. */
  reconnect(): Promise<void>;
  end(): Promise<void>;
}

export async function makeCloudWorld(): Promise<CloudWorld> {
  const top = mkdtempSync(join(tmpdir(), "machinist-cloud-"));
  const identity = await writeIdentity(join(top, "key"));
  const folder = (machine: string) => join(top, machine);
  const where = new Map<string, { host: string; user: string }>();
  const open = (): HostPool =>
    createHosts({
      target: async (machine) => ({
        endpoint: { ...where.get(machine)!, port: 22, bootSecret: bootSecretPath(folder(machine)) },
        identity: identity.path,
        knownHosts: join(folder(machine), "known_hosts"),
      }),
      env: { HOME: top },
      log: () => {},
    });
  let pool = open();
  return {
    identity,
    folder,
    knownHosts: (machine) => join(folder(machine), "known_hosts"),
    async expect(machine, secret) {
      mkdirSync(folder(machine), { recursive: true, mode: 0o700 });
      await writeBootSecret(folder(machine), secret);
    },
    async connect(machine, address, user = "debian", waitMs = 180_000) {
      where.set(machine, { host: address, user });
      return pool.connect(machine, { waitMs });
    },
    async reconnect() {
      await pool.closeAll();
      pool = open();
    },
    async end() {
      await pool.closeAll();
      rmSync(top, { recursive: true, force: true });
    },
  };
}
