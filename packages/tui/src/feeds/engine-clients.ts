import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createEngineApi, type DockerClient } from "@machinist/docker-client";
import type { Machinist } from "@machinist/fleet";

/** One client for each machine's engine, recreated when its address has changed or its certificates were refused. */
export class EngineClients {
  readonly #machinist: Machinist;
  readonly #clients = new Map<string, { readonly url: string; readonly client: DockerClient }>();

  constructor(machinist: Machinist) {
    this.#machinist = machinist;
  }

  /** Throws `machine.no-engine`. */
  async of(machine: string): Promise<DockerClient> {
    const { url, certPath, tls } = await this.#machinist.connection(machine);
    const known = this.#clients.get(machine);
    if (known?.url === url) return known.client;
    known?.client.close();
    const client = createEngineApi({ url, machine, maxSockets: 2, ...(tls ? { tls: await tlsIn(certPath) } : {}) });
    this.#clients.set(machine, { url, client });
    return client;
  }

  /** Certificates may be others now. */
  forget(machine: string): void {
    this.#clients.get(machine)?.client.close();
    this.#clients.delete(machine);
  }

  close(): void {
    for (const { client } of this.#clients.values()) client.close();
    this.#clients.clear();
  }
}

async function tlsIn(folder: string): Promise<{ ca: string; cert: string; key: string }> {
  const read = (name: string) => readFile(join(folder, name), "utf8");
  const [ca, cert, key] = await Promise.all([read("ca.pem"), read("cert.pem"), read("key.pem")]);
  return { ca, cert, key };
}
