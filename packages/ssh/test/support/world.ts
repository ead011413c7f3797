import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Endpoint } from "@machinist/core";
import { expect } from "vitest";
import { createHosts, type HostPool, type HostsOptions, type Identity, writeIdentity } from "../../src/index.ts";
import { type ServerOptions, startServer, type TestServer } from "./server.ts";

/** A folder, a key, servers that know it and pools that use it; `end` takes everything down again. */
export interface World {
  readonly dir: string;
  readonly identity: Identity;
  readonly logged: string[];
  serve(options?: ServerOptions): Promise<TestServer>;
  pool(endpoint: Partial<Endpoint> & { readonly port: number }, options?: Partial<HostsOptions>): HostPool;
  knownHosts(machine: string): string;
  end(): Promise<void>;
}

export async function makeWorld(): Promise<World> {
  const dir = await mkdtemp(join(tmpdir(), "machinist-ssh-"));
  const identity = await writeIdentity(join(dir, "key"));
  const servers: TestServer[] = [];
  const pools: HostPool[] = [];
  const logged: string[] = [];
  const knownHosts = (machine: string) => join(dir, machine, "known_hosts");
  return {
    dir,
    identity,
    logged,
    knownHosts,
    async serve(options) {
      const server = await startServer({ authorized: [identity.publicKey], ...options });
      servers.push(server);
      return server;
    },
    pool(endpoint, options) {
      const pool = createHosts({
        target: async (machine) => ({
          endpoint: { host: "127.0.0.1", user: "tester", ...endpoint },
          identity: identity.path,
          knownHosts: knownHosts(machine),
        }),
        env: { HOME: dir },
        log: (machine, message, level) => logged.push(`${level} ${machine}: ${message}`),
        waitMs: 100_000,
        ...options,
      });
      pools.push(pool);
      return pool;
    },
    async end() {
      await Promise.all(pools.map((pool) => pool.closeAll()));
      await Promise.all(servers.map((server) => server.stop()));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/**
 * What a caller is told whose time is over after what `until` waits for: another one keeps the tries going meanwhile, so
 * that nothing depends on how many of them fit into the time. All of the pool is closed then.
 */
export async function toldLate(pool: HostPool, until: () => boolean): ReturnType<typeof failureOf> {
  const patient = failureOf(pool.connect("a"));
  await Promise.race([patient, expect.poll(until).toBe(true)]);
  const failure = await failureOf(pool.connect("a", { waitMs: 100 }));
  await pool.closeAll();
  await patient;
  return failure;
}

/** The error a promise ends with. */
export async function failureOf(
  promise: Promise<unknown>,
): Promise<{ code: string; message: string; hint: string; retryable: boolean }> {
  try {
    await promise;
  } catch (error) {
    return error as never;
  }
  throw new Error("It should have failed");
}
