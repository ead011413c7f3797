import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type CloudHoster, HostedInstances } from "./ec2-hosts.ts";
import { inventory } from "./ec2-inventory.ts";
import { Lag } from "./ec2-lag.ts";
import { type Moto, startMoto } from "./ec2-moto.ts";
import { bornIn, namedIn } from "./ec2-objects.ts";
import { type Answer, asPending, Tokens } from "./ec2-tokens.ts";
import { errorXml, parseXml, renderXml } from "./ec2-xml.ts";

/** What a call meets, as testkit's Faults has it. */
export interface Ec2FaultPlan {
  fault(call: string): "none" | "throttle" | "error" | "cut" | "lost";
  readonly lagMs: number;
}

export interface Ec2Options {
  /** The driver's time, in which lag is counted. Default: the system's. */
  readonly now?: () => number;
  /** Boots a real host for each instance. Without: instances have moto's made-up addresses. */
  readonly hosts?: CloudHoster;
}

/** What an account can get. */
export interface Ec2Limits {
  /** Instances at most in one RunInstances. */
  capacity?: number;
  /** The same for spot instances. */
  spotCapacity?: number;
  /** Instances at most in all; then the quota is reached. */
  quota?: number;
  /** Actions that are refused for good, with the code that says why. */
  refused?: { readonly [action: string]: string };
}

/** Credentials with this key id are not accepted. */
export const refusedKey = "AKIAREFUSED";
/** Credentials with this key id are another account's: it sees nothing of the first's, and its groups have another owner. */
export const otherAccountsKey = "AKIAOTHER";

/**
 * An EC2 API: moto, behind a proxy that does what moto leaves out (client tokens, launching as many as there is room
 * for, quotas, refused credentials), counts the calls, and injects faults.
 */
export class Ec2Server {
  readonly calls = new Map<string, number>();
  readonly limits: Ec2Limits = {};
  faultPlan: Ec2FaultPlan | undefined;
  readonly #moto: Moto;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #tokens = new Tokens();
  readonly #lag: Lag;
  readonly #hosted: HostedInstances | undefined;
  #launched = 0;

  private constructor(moto: Moto, { now = Date.now, hosts }: Ec2Options) {
    this.#moto = moto;
    this.#lag = new Lag(now);
    this.#hosted = hosts && new HostedInstances(hosts);
  }

  static async start(options: Ec2Options = {}): Promise<Ec2Server> {
    const server = new Ec2Server(await startMoto(), options);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** All calls since the last time this was asked, and how many of each action. */
  countCalls(): { readonly all: number; readonly of: { readonly [action: string]: number } } {
    const of = Object.fromEntries([...this.calls].sort());
    this.calls.clear();
    return { all: Object.values(of).reduce((sum, count) => sum + count, 0), of };
  }

  /** What there is in a region, asked of moto itself: a line for each object with its tags. Default groups are left out. */
  inventory = (region = "us-east-1"): Promise<string[]> => inventory(this.#moto.url, region);

  /** What went wrong with the hosts behind instances. */
  get faults(): readonly string[] {
    return this.#hosted?.faults ?? [];
  }

  /** One call past proxy and injected faults, as somebody else at the provider makes it. Gives the answer's XML. */
  async direct(action: string, parameters: Readonly<Record<string, string>>, region = "us-east-1"): Promise<string> {
    const body = new URLSearchParams({ Action: action, Version: "2016-11-15", ...parameters });
    const answer = await this.#forward(body, {
      authorization: `AWS4-HMAC-SHA256 Credential=lab/20260101/${region}/ec2/aws4_request`,
    });
    if (answer.status !== 200) throw new Error(`${action}: ${answer.body}`);
    return answer.body;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.#moto.stop();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const form = new URLSearchParams(await read(request));
      const action = form.get("Action") ?? "";
      this.calls.set(action, (this.calls.get(action) ?? 0) + 1);
      const fault = this.faultPlan?.fault(action) ?? "none";
      if (fault === "cut") return void request.socket.destroy();
      if (fault === "throttle")
        return send(response, { status: 503, body: errorXml("RequestLimitExceeded", "Request limit exceeded.") });
      if (fault === "error")
        return send(response, { status: 500, body: errorXml("InternalError", "An internal error has occurred") });
      const answer = await this.#answer(action, form, request.headers);
      if (fault === "lost") return void request.socket.destroy();
      send(response, answer);
    } catch (error) {
      send(response, { status: 500, body: errorXml("InternalError", (error as Error).message.replace(/[<&]/g, " ")) });
    }
  }

  async #answer(action: string, form: URLSearchParams, headers: IncomingMessage["headers"]): Promise<Answer> {
    if (headers.authorization?.includes(`Credential=${refusedKey}/`))
      return {
        status: 401,
        body: errorXml("AuthFailure", "AWS was not able to validate the provided access credentials"),
      };
    if (headers.authorization?.includes(`Credential=${otherAccountsKey}/`)) return otherAccount(action);
    const refusal = this.limits.refused?.[action];
    if (refusal !== undefined) return { status: 400, body: errorXml(refusal, `${action} is refused here`) };
    const answer =
      action === "RunInstances"
        ? await this.#tokens.run(
            form,
            () => this.#launch(form, headers),
            (ids) => this.#gone(ids, headers),
          )
        : action === "TerminateInstances"
          ? await this.#terminate(form, headers)
          : action === "ReleaseAddress"
            ? await this.#release(form, headers)
            : await this.#forward(form, headers);
    if (answer.status !== 200) return answer;
    const root = parseXml(answer.body);
    this.#lag.born(bornIn(action, root, form));
    if (!action.startsWith("Describe")) this.#lag.changed(namedIn(form));
    await this.#hosted?.follow(action, form, root);
    this.#hosted?.show(action, root);
    this.#lag.apply(action, root, this.faultPlan?.lagMs ?? 0);
    return { status: 200, body: `<?xml version="1.0" encoding="UTF-8"?>${renderXml(root)}` };
  }

  /** AWS launches as many as it has room for, at least MinCount; moto launches MinCount. */
  async #launch(form: URLSearchParams, headers: IncomingMessage["headers"]): Promise<Answer> {
    const spot = form.get("InstanceMarketOptions.MarketType") === "spot";
    const room = (spot ? this.limits.spotCapacity : undefined) ?? this.limits.capacity ?? Number.POSITIVE_INFINITY;
    const count = Math.min(Number(form.get("MaxCount")), room);
    if (count < Number(form.get("MinCount")))
      return {
        status: 500,
        body: errorXml("InsufficientInstanceCapacity", "There is no capacity for this in the zone"),
      };
    if (this.#launched + count > (this.limits.quota ?? Number.POSITIVE_INFINITY))
      return {
        status: 400,
        body: errorXml("VcpuLimitExceeded", "You have requested more vCPU capacity than your limit allows"),
      };
    const request = new URLSearchParams(form);
    request.set("MinCount", String(count));
    const answer = await this.#forward(request, headers);
    if (answer.status !== 200) return answer;
    this.#launched += count;
    return { status: 200, body: asPending(answer.body) };
  }

  /** To end an instance again is success; moto misses its network card then. */
  async #terminate(form: URLSearchParams, headers: IncomingMessage["headers"]): Promise<Answer> {
    const answer = await this.#forward(form, headers);
    if (!answer.body.includes("InvalidNetworkInterfaceID.NotFound") || !(await this.#gone(namedIn(form), headers)))
      return answer;
    return { status: 200, body: "<TerminateInstancesResponse><instancesSet/></TerminateInstancesResponse>" };
  }

  /** AWS gives no address back that leads to an instance; moto takes it off. */
  async #release(form: URLSearchParams, headers: IncomingMessage["headers"]): Promise<Answer> {
    const id = form.get("AllocationId") ?? "";
    const look = new URLSearchParams({ Action: "DescribeAddresses", Version: "2016-11-15", "AllocationId.1": id });
    const instance = /<instanceId>(i-[^<]+)</.exec((await this.#forward(look, headers)).body)?.[1];
    if (instance !== undefined && !(await this.#gone([instance], headers)))
      return { status: 400, body: errorXml("InvalidIPAddress.InUse", `The address ${id} is in use by ${instance}`) };
    return this.#forward(form, headers);
  }

  async #gone(ids: readonly string[], headers: IncomingMessage["headers"]): Promise<boolean> {
    const form = new URLSearchParams({ Action: "DescribeInstances", Version: "2016-11-15" });
    for (const [index, id] of ids.entries()) form.set(`InstanceId.${index + 1}`, id);
    const { body } = await this.#forward(form, headers);
    return [...body.matchAll(/<instanceState>[\s\S]*?<name>([^<]+)</g)].every(([, name]) => name === "terminated");
  }

  async #forward(form: URLSearchParams, headers: IncomingMessage["headers"]): Promise<Answer> {
    const { authorization = "" } = headers;
    const answer = await fetch(this.#moto.url, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", authorization },
      body: form.toString(),
    });
    return { status: answer.status, body: await answer.text() };
  }
}

/** An account with nothing but a default group. */
function otherAccount(action: string): Answer {
  const group = "<item><ownerId>210987654321</ownerId><groupId>sg-0123</groupId><groupName>default</groupName></item>";
  const set = action === "DescribeSecurityGroups" ? `<securityGroupInfo>${group}</securityGroupInfo>` : "";
  return { status: 200, body: `<${action}Response>${set}</${action}Response>` };
}

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { "content-type": "text/xml" });
  response.end(body);
}
