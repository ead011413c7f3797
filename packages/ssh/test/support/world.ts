import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Endpoint } from "@machinist/core";
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
        waitMs: 15_000,
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
