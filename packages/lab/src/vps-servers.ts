import { setTimeout as delay } from "node:timers/promises";
import type { CloudHost, CloudHosts } from "./cloud-hosts.ts";

/** What the provider refuses, by HTTP's number for it. */
export class VpsRefusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface VpsServer {
  readonly id: string;
  readonly name: string;
  readonly size: string;
  readonly image: string;
  readonly key: string;
  readonly status: "building" | "active" | "starting" | "stopping" | "rebooting" | "off" | "deleting";
  /** Empty until it is built. */
  readonly address: string;
}

interface Key {
  readonly id: string;
  readonly name: string;
  readonly public_key: string;
}

/** While it is switched, and where that ends. */
const switches: Readonly<
  Record<string, readonly [from: VpsServer["status"], by: VpsServer["status"], to: "active" | "off"]>
> = {
  start: ["off", "starting", "active"],
  stop: ["active", "stopping", "off"],
  kill: ["active", "stopping", "off"],
  reboot: ["active", "rebooting", "active"],
};

const sizes = ["small", "large"];
const images = ["debian-13"];

/** A provider's servers and keys. What is asked for is begun, and done a while later. */
export class VpsServers {
  readonly #hosts: CloudHosts | undefined;
  readonly #slowMs: number;
  readonly #faults: string[];
  readonly #keys = new Map<string, Key>();
  readonly #servers = new Map<string, VpsServer>();
  readonly #booted = new Map<string, Promise<CloudHost | undefined>>();
  #last = 1000;

  constructor(hosts: CloudHosts | undefined, slowMs: number, faults: string[]) {
    this.#hosts = hosts;
    this.#slowMs = slowMs;
    this.#faults = faults;
  }

  addKey(name: string, text: string): Key {
    if (!/^(ssh-rsa|ssh-ed25519) \S+/.test(text)) throw new VpsRefusal(422, "public_key is no SSH key");
    const key = { id: this.#nextId(), name, public_key: text.trim() };
    this.#keys.set(key.id, key);
    return key;
  }

  deleteKey(id: string): void {
    if (!this.#keys.delete(id)) throw new VpsRefusal(404, "key not found");
  }

  create(name: string, size: string, image: string, keyId: string): VpsServer {
    const key = this.#keys.get(keyId);
    if (!key) throw new VpsRefusal(422, `key ${keyId} is not known`);
    if (!sizes.includes(size)) throw new VpsRefusal(422, `size ${size} is not available`);
    if (!images.includes(image)) throw new VpsRefusal(422, `image ${image} is not available`);
    const server: VpsServer = { id: this.#nextId(), name, size, image, key: keyId, status: "building", address: "" };
    this.#servers.set(server.id, server);
    const host = this.#boot(server, key.public_key);
    this.#booted.set(server.id, host);
    void Promise.all([host, delay(this.#slowMs)]).then(([booted]) =>
      this.#change(server.id, { status: "active", address: booted?.address ?? "203.0.113.9" }),
    );
    return server;
  }

  get(id: string): VpsServer {
    const found = this.#servers.get(id);
    if (!found) throw new VpsRefusal(404, "server not found");
    return found;
  }

  /** Accepted; a server that is busy, or that is so already, refuses. */
  act(id: string, type: string): VpsServer {
    const server = this.get(id);
    const [from, by, to] = switches[type] ?? [];
    if (from === undefined || by === undefined || to === undefined)
      throw new VpsRefusal(422, `type ${type} is not known`);
    if (server.status !== from) throw new VpsRefusal(409, `server is ${server.status}`);
    this.#change(id, { status: by });
    void Promise.all([this.#switch(id, type), delay(this.#slowMs)]).then(() => {
      if (this.#servers.get(id)?.status === by) this.#change(id, { status: to });
    });
    return this.get(id);
  }

  /** Accepted in any state, and again; it is there until its host has gone. */
  destroy(id: string): void {
    if (this.get(id).status === "deleting") return;
    this.#change(id, { status: "deleting" });
    const gone = async () => (await this.#booted.get(id))?.remove();
    void this.#noted(id, Promise.all([gone(), delay(this.#slowMs / 3)])).then(() => this.#servers.delete(id));
  }

  list(): VpsServer[] {
    return [...this.#servers.values()];
  }

  inventory(): string[] {
    return [
      ...this.list().map(({ id, name, status }) => `server ${id} ${name} ${status}`),
      ...[...this.#keys.values()].map(({ id, name }) => `key ${id} ${name}`),
    ];
  }

  #nextId(): string {
    this.#last++;
    return String(this.#last);
  }

  #change(id: string, change: Partial<VpsServer>): void {
    const server = this.#servers.get(id);
    if (server && server.status !== "deleting") this.#servers.set(id, { ...server, ...change });
  }

  #boot({ id, name }: VpsServer, publicKey: string): Promise<CloudHost | undefined> {
    const host = this.#hosts?.start({ name, userData: "", publicKeys: [publicKey] });
    return this.#noted(id, Promise.resolve(host));
  }

  async #switch(id: string, type: string): Promise<void> {
    const host = await this.#booted.get(id);
    if (!host) return;
    const work = async () => {
      if (type === "stop" || type === "reboot") await host.stop();
      if (type === "kill") await host.kill();
      if (type === "start" || type === "reboot") await host.start();
    };
    await this.#noted(id, work());
  }

  #noted<T>(id: string, work: Promise<T>): Promise<T | undefined> {
    return work.catch((error: Error) => void this.#faults.push(`server ${id}: ${error.message}`)) as Promise<
      T | undefined
    >;
  }
}
