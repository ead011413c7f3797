import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { type EngineApi, isMachinistError, systemClock } from "@machinist/core";
import { bodyOf } from "../../../packages/docker-client/src/body.ts";
import { answerFailure } from "../../../packages/docker-client/src/failure.ts";
import { agreeOnVersion } from "../../../packages/docker-client/src/version.ts";
import { checkAnswer } from "../../../packages/driver-amazonec2/src/answer.ts";
import { explained } from "../../../packages/driver-amazonec2/src/errors.ts";
import { rulesOf } from "../../../packages/driver-amazonec2/src/rules.ts";
import { ownerOf, valuesOf } from "../../../packages/driver-amazonec2/src/tags.ts";
import { Api } from "../../../packages/driver-digitalocean/src/api.ts";
import { failure } from "../../../packages/driver-digitalocean/src/failure.ts";
import { markedObjects } from "../../../packages/driver-digitalocean/src/objects.ts";
import { isBeginning, isInSwarm, swarmInfo, swarmNode } from "../../../packages/swarm/src/api-types.ts";
import { stateOfNode } from "../../../packages/swarm/src/member-state.ts";
import { managersIn } from "../../../packages/swarm/src/survey.ts";
import { startingOn, tasksOn, unfilled } from "../../../packages/swarm/src/tasks.ts";
import { engineFacts } from "../../../packages/tui/src/docker/engine-facts.ts";
import type { Door } from "../door.ts";
import { mutated, mutatedJson, mutatedText } from "../mutate.ts";

const node = {
  ...{ ID: "n1", Version: { Index: 7 }, Status: { State: "ready", Addr: "10.0.0.1" } },
  Spec: { Role: "manager", Availability: "active", Labels: { a: "b" } },
  ManagerStatus: { Leader: true, Reachability: "reachable", Addr: "10.0.0.1:2377" },
};
const info = {
  ...{
    ID: "x",
    Driver: "overlay2",
    ServerVersion: "28.1.0",
    Containers: 3,
    NCPU: 2,
    SystemTime: "2026-01-01T00:00:00Z",
  },
  Swarm: {
    ...{ NodeID: "n1", NodeAddr: "10.0.0.1", LocalNodeState: "active", ControlAvailable: true, Error: "" },
    RemoteManagers: [{ NodeID: "n1", Addr: "10.0.0.1:2377" }],
    Cluster: { ID: "c", CreatedAt: "2026-01-01T00:00:00Z", Spec: { Labels: { "machinist.owner": "m" } } },
  },
};
const task = { ServiceID: "s", Slot: 1, NodeID: "n1", Status: { State: "running" } };
const answersTo = { "/info": info, "/nodes": [node, node], "/nodes/n1": node, "/tasks": [task, task] };

/** What an engine answers, from its bytes to what is made of it. */
export const engines: Door = {
  name: "engines",
  part: 8,
  input: (random) =>
    Object.fromEntries(Object.entries(answersTo).map(([path, answer]) => [path, mutatedJson(answer, random)])),
  async take(input) {
    const texts = input as Record<string, string>;
    const request = (_method: string, path: string) => {
      const text = texts[path.replace(/\?.*/, "")] ?? "{}";
      const answer = Object.assign(Readable.from([Buffer.from(text)]), {
        headers: { "content-type": "application/json" },
      });
      return bodyOf(answer as unknown as IncomingMessage, 2 ** 20);
    };
    const engine = { url: "tcp://h:1", request, close() {} } as unknown as EngineApi;
    const signal = new AbortController().signal;
    const all = [
      async () => {
        const told = await swarmInfo(engine, { signal });
        isBeginning(told);
        isInSwarm(told);
        return managersIn([{ machine: "web", engine, info: told }]);
      },
      async () => {
        const found = await swarmNode(engine, "n1", { signal });
        return found && stateOfNode(found, "c", []);
      },
      () => tasksOn(engine, "n1", signal),
      () => unfilled(engine, signal),
      () => startingOn(engine, "n1", signal),
      () => engineFacts(engine, signal, 1000),
      async () => agreeOnVersion(texts["/info"]),
      async () => answerFailure({ url: "u", machine: "web" } as never, 500, texts["/info"]!),
    ];
    const results = await Promise.allSettled(all.map((each) => each()));
    const unknown = results.find(
      (each) => each.status === "rejected" && !(isMachinistError(each.reason) && each.reason.code !== "internal"),
    );
    if (unknown?.status === "rejected") throw unknown.reason;
  },
};

const mark = "m234567234567ab-web-1";
const droplet = {
  ...{ id: 7, name: `web.${mark}`, status: "active", created_at: "2026-01-01T00:00:00Z", size_slug: "s", disk: 25 },
  tags: [`machinist:demo:${mark}`, "x"],
  networks: { v4: [{ ip_address: "192.0.2.7", type: "public" }] },
};
const named = { id: "a", name: `machinist.demo.${mark}`, created_at: "2026-01-01T00:00:00Z" };
const pages = {
  account: { account: { uuid: "u", droplet_limit: 5, status: "active", status_message: "", team: { uuid: "t" } } },
  droplets: { droplets: [droplet, droplet], links: {}, meta: { total: 2 } },
  firewalls: { firewalls: [{ ...named, tags: [], inbound_rules: null }], links: {} },
  keys: { ssh_keys: [{ ...named, id: 5, fingerprint: "f", public_key: "k" }], links: { pages: {} } },
  vpcs: { vpcs: [named], links: {} },
  tags: { tags: [{ name: `machinist:demo:${mark}` }], links: {} },
};

export const digitalocean: Door = {
  name: "DigitalOcean",
  part: 4,
  input(random) {
    const wrong = random.pick(Object.keys(pages));
    return Object.fromEntries(
      Object.entries(pages).map(([key, page]) => [
        key,
        key === wrong ? mutatedJson(page, random) : JSON.stringify(page),
      ]),
    );
  },
  async take(input) {
    const texts = input as Record<string, string>;
    const before = globalThis.fetch;
    globalThis.fetch = (async (url: string) => {
      const key = /\/v2\/(?:account\/)?(\w+)/.exec(url)?.[1] ?? "";
      // A list that never ends would be asked for again and again: one more page is enough.
      const text = /[?&]page=[2-9]/.test(url) ? "{}" : (texts[key] ?? "{}");
      return new Response(text, { status: 200 });
    }) as typeof fetch;
    try {
      await markedObjects(new Api("http://127.0.0.1:1", async () => "token", quick), new AbortController().signal);
    } finally {
      globalThis.fetch = before;
    }
  },
};

/** The pace of requests is not what is tested. */
const quick = { ...systemClock, now: () => performance.now() * 1000, sleep: async () => {} };

const refusals = { message: "pending event", error: "x" };
export const refusalsOfDigitalOcean: Door = {
  name: "refusals of DigitalOcean",
  part: 4,
  input: (random) => ({
    status: random.pick([400, 401, 403, 404, 409, 422, 429, 500]),
    body: mutated(refusals, random),
  }),
  take(input) {
    const { status, body } = input as { status: number; body: unknown };
    throw failure("GET", "/v2/x", { status, body, retryAfterMs: undefined }, "token");
  },
};

const permission = {
  ...{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, UserIdGroupPairs: [{ GroupId: "g" }] },
  ...{
    IpRanges: [{ CidrIp: "0.0.0.0/0" }],
    Ipv6Ranges: [{ CidrIpv6: "::/0" }],
    PrefixListIds: [{ PrefixListId: "p" }],
  },
};
const tags = [
  { Key: "machinist:owner", Value: mark },
  { Key: "machinist:fleet", Value: "demo" },
];

/** What the SDK made of EC2's XML: text and numbers may be any, lists and structures are what its model says. */
export const ec2: Door = {
  name: "EC2",
  part: 4,
  input: (random) => ({
    permissions: Array.from({ length: random.below(4) }, () => leaves(permission, random)),
    tags: tags.map((tag) => leaves(tag, random)),
    error: leaves({ name: "AuthFailure", message: "No", code: "" }, random),
  }),
  take(input) {
    const {
      permissions,
      tags: told,
      error,
    } = input as { permissions: never[]; tags: never[]; error: { message: string } };
    rulesOf(permissions, "g");
    valuesOf(told);
    ownerOf(told);
    const thrown = Object.assign(new Error(error.message), error);
    explained(thrown, { region: "r", endpoint: "" } as never, new AbortController().signal);
  },
};

const xml = `<?xml version="1.0" encoding="UTF-8"?>
<DescribeTagsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>
<tagSet><item><key>machinist:owner</key><value>${mark}</value></item><item/></tagSet></DescribeTagsResponse>`;

/** What EC2 answers before the SDK reads it. */
export const ec2Answers: Door = {
  name: "EC2's XML",
  part: 2,
  input: (random) => {
    const text = mutatedText(xml, random);
    return random.chance(0.1) ? text.replace("<item/>", "<item>".repeat(random.below(100_000))) : text;
  },
  take: (input) => checkAnswer(String(input), "DescribeTags"),
};

/** The same structure, with other texts, or without some. */
function leaves(value: object, random: Parameters<typeof mutated>[1]): object {
  const copy: Record<string, unknown> = { ...value };
  for (const key of Object.keys(copy))
    if (typeof copy[key] === "string" && random.chance(0.4)) {
      const text = random.pick(["", "\0", "\x1b[2J", "9".repeat(300), "tcp", "-1", "a b", "gone", mark]);
      if (text === "gone") delete copy[key];
      else copy[key] = text;
    }
  return copy;
}
