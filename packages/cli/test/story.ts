import type { Event, EventBody } from "@machinist/core";

const on = (id: string, kind: string) => (status: Extract<Event, { type: "resource" }>["status"], detail?: string) =>
  ({ type: "resource", id, kind, status, ...(detail !== undefined && { detail }) }) as const;

const step = (id: string, name: string, status: Extract<Event, { type: "step" }>["status"]) =>
  ({ type: "step", id, step: name, status }) as const;

/** `up` of three machines as it goes: one slow, one that fails, and what waits for it. [ms, event] */
const told: readonly (readonly [number, EventBody])[] = [
  [0, { type: "run", action: "up", status: "started", fleet: "demo", machines: ["manager-1", "worker-1", "worker-2"] }],
  [10, on("@demo/network", "nspawn.network")("reading")],
  [20, on("@demo/network", "nspawn.network")("creating")],
  [300, on("@demo/network", "nspawn.network")("ready")],
  [310, on("manager-1/instance", "nspawn.machine")("reading")],
  [320, on("manager-1/instance", "nspawn.machine")("creating")],
  [330, on("worker-1/instance", "nspawn.machine")("creating")],
  [340, on("worker-2/instance", "nspawn.machine")("creating")],
  [400, { type: "progress", id: "worker-2/instance", done: 12_500_000, total: 80_000_000, unit: "bytes" }],
  [900, on("worker-1/instance", "nspawn.machine")("waiting", "sshd")],
  [950, on("manager-1/instance", "nspawn.machine")("waiting", "sshd")],
  [1800, on("manager-1/instance", "nspawn.machine")("ready")],
  [1810, on("manager-1/engine", "docker.engine")("creating")],
  [1820, step("manager-1/engine", "wait-for-package-locks", "checking")],
  [1900, step("manager-1/engine", "wait-for-package-locks", "unchanged")],
  [1950, step("manager-1/engine", "install-docker", "applying")],
  [2000, on("worker-1/instance", "nspawn.machine")("ready")],
  [2010, on("worker-1/engine", "docker.engine")("creating")],
  [2020, on("worker-1/context", "docker.context")("creating")],
  [2100, { type: "log", id: "worker-1/engine", level: "warn", message: "a daemon.json was there\nits keys are kept" }],
  [2150, { type: "log", id: "worker-1/engine", level: "debug", message: "apt-get update" }],
  [2600, { type: "progress", id: "worker-2/instance", done: 60_000_000, total: 80_000_000, unit: "bytes" }],
  [3000, on("worker-1/context", "docker.context")("ready")],
  [3200, step("manager-1/engine", "install-docker", "applied")],
  [3500, on("worker-2/instance", "nspawn.machine")("retrying", "the connection was cut")],
  [4100, on("manager-1/engine", "docker.engine")("ready")],
  [
    4200,
    {
      type: "failed",
      id: "worker-2/instance",
      code: "nspawn.no-space",
      message: "The disk is full",
      hint: "Free 2 GB, then run `machinist up` again.",
    },
  ],
  [4210, on("worker-2/engine", "docker.engine")("blocked", "worker-2/instance")],
  [5200, on("worker-1/engine", "docker.engine")("ready")],
  [5300, { type: "run", action: "up", status: "failed", fleet: "demo", machines: [] }],
];

export const story: readonly Event[] = told.map(([at, event]) => ({ at: 1_000_000 + at, ...event }));

/** The events of the story's first `ms` milliseconds. */
export const until = (ms: number): Event[] => story.filter(({ at }) => at <= 1_000_000 + ms);
