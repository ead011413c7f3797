import { type Driver, type Endpoint, MachinistError } from "@machinist/core";
import { Answers } from "../../../packages/driver-plugin/src/json/answers.ts";
import { described } from "../../../packages/driver-plugin/src/json/described.ts";
import { parseLine } from "../../../packages/driver-plugin/src/json/line.ts";
import type { JsonProgram } from "../../../packages/driver-plugin/src/json/program.ts";
import { refusal } from "../../../packages/driver-plugin/src/json/refusal.ts";
import { kindsOf } from "../../../packages/driver-plugin/src/json/resource-types.ts";
import { LineGate } from "../../../packages/driver-plugin/src/line-gate.ts";
import { plannedBy } from "../../../packages/fleet/src/planned.ts";
import { resolveOptions } from "../../../packages/options/src/index.ts";
import { displayed, jsonText, oneLine } from "../../../packages/terminal-text/src/index.ts";
import { checkedEndpoint, engineUrl } from "../../../packages/values/src/index.ts";
import type { Door } from "../door.ts";
import { mutated, mutatedJson } from "../mutate.ts";

const option = { type: "string", description: "Size", default: "small", enum: ["small", "big"], pattern: "^[a-z]+$" };
const description = {
  ...{ protocol: 1, name: "odd", description: "Odd", sshKey: "fleet", methods: ["check"], power: ["start"] },
  options: {
    type: "object",
    properties: {
      size: { ...option, "x-env": "ODD_SIZE", "x-flag": "odd-size", "x-group": "Looks" },
      ports: { type: "array", description: "Ports", items: { type: "string", pattern: "^\\d+$" }, default: ["1"] },
      count: { type: "integer", description: "Count", minimum: 1, maximum: 5, default: 2 },
      old: { type: "boolean", description: "Old", "x-unused": "No more", default: false },
    },
    required: ["size"],
    additionalProperties: false,
  },
  credentials: { token: { description: "Token", env: "ODD_TOKEN", flag: "odd-token" } },
  resourceTypes: {
    "odd.machine": {
      update: true,
      check: false,
      requiresReplace: ["image"],
      consistencyWindowMs: 5,
      pollIntervalMs: 50,
      endpointProps: ["folder"],
    },
  },
};

export const descriptions: Door = {
  name: "descriptions of drivers",
  part: 12,
  input: (random) => mutatedJson({ id: 1, result: description }, random),
  take(input) {
    const line = parseLine(input as string);
    if (line === undefined) return;
    const about = described("odd", "odd", line.result);
    kindsOf({} as JsonProgram, new Answers("odd"), about.resourceTypes, undefined);
    const module = { name: about.name, options: about.options };
    return resolveOptions(module, { size: "big" }, { ODD_SIZE: "small" });
  },
};

const endpoint: Endpoint = {
  host: "127.0.0.1",
  port: 22,
  user: "root",
  hostKeys: ["ssh-ed25519 AAAA"],
  jump: ["root@b:22"],
};
const lines = [
  { id: 1, result: { state: { id: "x" }, ready: "nearly", drift: ["a"], endpoint, engineUrl: "tcp://h:2376" } },
  {
    id: 1,
    error: { code: -32000, message: "No", data: { code: "odd.quota", hint: "Ask", retryable: true, retryAfterMs: 5 } },
  },
  { method: "log", params: { call: 1, message: "looking", level: "warn" } },
  { method: "step", params: { call: 1, step: "look", status: "applied" } },
  { id: 9, method: "requestSent", params: { call: 1 } },
  { method: "progress", params: { call: 1, done: 1, total: 2, unit: "B" } },
  { id: 1, result: [{ kind: "odd.machine", owner: "o", fleet: "f", label: "l", state: { id: 1 }, createdAt: 5 }] },
  { id: 1, result: { hourly: 1, monthly: 2, currency: "EUR", source: "them", asOf: "2026-01-01" } },
];
const answers = new Answers("odd");
const note = (...words: unknown[]) => void displayed(oneLine(words.join(" ")));

export const answersOfDrivers: Door = {
  name: "answers of drivers",
  part: 16,
  input: (random) => ({ text: mutatedJson(random.pick(lines), random), as: random.below(4) }),
  async take(input) {
    const { text, as } = input as { text: string; as: number };
    const line = parseLine(text);
    if (line === undefined) return;
    jsonText(line);
    if (line.method !== undefined) {
      const gate = new LineGate();
      const program = {
        async request(_method: string, _params: object, { onNote }: { onNote: (...args: unknown[]) => Promise<void> }) {
          await onNote(line.method, line.params ?? {}, gate);
          return null;
        },
      } as unknown as JsonProgram;
      const kinds = kindsOf(program, answers, { "odd.machine": {} }, undefined);
      const call = { id: "m/machine", fleet: "f", props: {}, owner: "o", dependencies: {}, state: undefined };
      const signal = new AbortController().signal;
      await kinds["odd.machine"]!.read({ ...call, signal, log: note, step: note, progress: note } as never);
      return;
    }
    if (line.error) throw refusal("odd", line.error);
    if (as === 0) return answers.price(line.result);
    if (as === 1) return answers.objects(line.result);
    if (as === 2) return answers.status(line.result);
    const seen = answers.seen("read", line.result);
    if (seen.endpoint) checkedEndpoint(seen.endpoint, "web");
    if (seen.engineUrl) engineUrl(seen.engineUrl, "Docker's URL");
    const kind = kindsOf({} as JsonProgram, answers, { "odd.machine": {} }, undefined)["odd.machine"]!;
    kind.ready!(seen as never, {});
    kind.drift!(seen as never, {});
  },
};

const planned = [
  { id: "web/instance", kind: "odd.machine", props: { size: 1 }, parents: ["@demo/network"], after: [] },
  { id: "@demo/network", kind: "odd.network", props: {}, parents: [] },
];

export const plans: Door = {
  name: "plans of drivers",
  part: 4,
  input: (random) => mutated(planned, random),
  take: (input) =>
    plannedBy(
      { name: "odd", plan: async () => input } as unknown as Driver,
      { name: "web", fleet: "demo", publicKey: "" },
      {},
    ),
  isRefusal: (thrown) => thrown instanceof MachinistError,
};
