import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Endpoint } from "@machinist/core";
import { createHosts, type HostPool, type Identity, writeIdentity } from "../../src/index.ts";
import { makeSshd, type Sshd } from "./sshd.ts";

/** A running OpenSSH server that lets one identity in, and a folder for what a test writes. */
export class RealServer {
  readonly dir: string;
  readonly sshd: Sshd;
  readonly identity: Identity;

  static async start(settings: readonly string[] = []): Promise<RealServer> {
    const dir = await mkdtemp(join(tmpdir(), "machinist-ssh-e2e-"));
    const sshd = await makeSshd(settings);
    const identity = await writeIdentity(join(dir, "key"));
    await sshd.authorize(identity.publicKey);
    await sshd.start();
    return new RealServer(dir, sshd, identity);
  }

  private constructor(dir: string, sshd: Sshd, identity: Identity) {
    this.dir = dir;
    this.sshd = sshd;
    this.identity = identity;
  }

  get endpoint(): Endpoint {
    return { host: "127.0.0.1", port: this.sshd.port, user: this.sshd.user, hostKeys: this.sshd.hostKeys };
  }

  /** Connections of their own; each machine has its known_hosts in `dir/MACHINE`. */
  pool(change: Partial<Endpoint> = {}, env: Record<string, string> = {}, keyed = true): HostPool {
    return createHosts({
      target: async (name) => ({
        endpoint: { ...this.endpoint, ...change },
        knownHosts: join(this.dir, name, "known_hosts"),
        ...(keyed ? { identity: this.identity.path } : {}),
      }),
      env: { HOME: this.dir, ...env },
      log: () => {},
      waitMs: 10_000,
    });
  }

  async remove(): Promise<void> {
    await this.sshd.remove();
    await rm(this.dir, { recursive: true, force: true });
  }
}
