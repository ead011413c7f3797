import { namedIn, reshape } from "./ec2-objects.ts";
import { type Element, itemsOf, setText, textOf } from "./ec2-xml.ts";

/** Boots hosts as a provider does: {@link openCloudHosts} gives one. */
export interface CloudHoster {
  start(options: { name: string; userData: string; publicKeys: readonly string[] }): Promise<HostOfInstance>;
}
export interface HostOfInstance {
  readonly address: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** A real host behind each instance: born, stopped, started and removed with it, and shown with its own address. */
export class HostedInstances {
  readonly faults: string[] = [];
  readonly #hoster: CloudHoster;
  readonly #hosts = new Map<string, Promise<HostOfInstance | undefined>>();
  readonly #addresses = new Map<string, string>();
  readonly #keys = new Map<string, string>();

  constructor(hoster: CloudHoster) {
    this.#hoster = hoster;
  }

  /** Do to the hosts what a request that moto took has done to its instances. */
  async follow(action: string, form: URLSearchParams, answer: Element): Promise<void> {
    if (action === "ImportKeyPair")
      this.#keys.set(
        form.get("KeyName") ?? "",
        Buffer.from(form.get("PublicKeyMaterial") ?? "", "base64")
          .toString()
          .trim(),
      );
    if (action === "RunInstances")
      for (const item of itemsOf(answer, "instancesSet")) this.#boot(textOf(item, "instanceId"), form);
    const all = (work: (host: HostOfInstance) => Promise<void>) =>
      Promise.all(namedIn(form).map((id) => this.#with(id, work)));
    if (action === "StopInstances") await all((host) => host.stop());
    if (action === "StartInstances") await all((host) => host.start());
    if (action === "RebootInstances") await all((host) => host.stop().then(() => host.start()));
    if (action === "TerminateInstances") await all((host) => host.remove());
  }

  /** Put the hosts' addresses in place of moto's; none while a host is not that far. */
  show(action: string, answer: Element): void {
    const put = (id: string, item: Element) => {
      if (!this.#hosts.has(id)) return;
      for (const name of ["ipAddress", "privateIpAddress"]) setText(item, name, this.#addresses.get(id) ?? "");
    };
    if (action === "RunInstances")
      for (const item of itemsOf(answer, "instancesSet")) put(textOf(item, "instanceId"), item);
    if (action === "DescribeInstances")
      reshape(action, answer, (id, item) => {
        put(id, item);
        return item;
      });
  }

  /** A repeated request shows instances that are there already. */
  #boot(id: string, form: URLSearchParams): void {
    if (this.#hosts.has(id)) return;
    const key = this.#keys.get(form.get("KeyName") ?? "");
    const userData = Buffer.from(form.get("UserData") ?? "", "base64").toString();
    const host = this.#hoster.start({ name: id, userData, publicKeys: key === undefined ? [] : [key] });
    this.#hosts.set(
      id,
      host.then(
        (started) => {
          this.#addresses.set(id, started.address);
          return started;
        },
        (error: Error) => {
          this.faults.push(`${id}: ${error.message}`);
          return undefined;
        },
      ),
    );
  }

  async #with(id: string, work: (host: HostOfInstance) => Promise<void>): Promise<void> {
    const host = await this.#hosts.get(id);
    if (host) await work(host).catch((error: Error) => void this.faults.push(`${id}: ${error.message}`));
  }
}
