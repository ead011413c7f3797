import type { MachineInfo } from "@machinist/fleet";
import { decodeKeys } from "../src/keys/decode.ts";
import { helpTable } from "../src/keys/help-table.ts";
import { onKey } from "../src/keys/on-key.ts";
import type { Effect } from "../src/state/effect.ts";
import type { DriverChoice } from "../src/state/form.ts";
import type { Input } from "../src/state/input.ts";
import { reduce } from "../src/state/reduce.ts";
import { begin, type EngineFacts, type State } from "../src/state/state.ts";

/** A whole minute. */
export const now = 1_800_000_000_000;
export const dayMs = 86_400_000;

export const info = (name: string, more: Partial<MachineInfo> = {}): MachineInfo => ({
  name,
  fleet: "solo",
  driver: "nspawn",
  options: { release: "trixie" },
  engine: { labels: { env: "dev" } },
  folder: `/store/machines/${name}`,
  url: "tcp://10.0.0.7:2376",
  endpoint: { host: "10.0.0.7", port: 22, user: "root" },
  certExpires: new Date(now + 364.5 * dayMs).toISOString(),
  createdAt: now - dayMs,
  resources: [],
  incomplete: false,
  ...more,
});

export const facts = (more: Partial<EngineFacts> = {}): EngineFacts => ({
  version: "28.1.0",
  running: 3,
  containers: 5,
  images: 9,
  cpus: 2,
  memoryBytes: 4 * 1024 ** 3,
  storageDriver: "overlay2",
  system: "Debian 13, 6.12",
  ...more,
});

export const empty = (columns = 80, rows = 24, more: Partial<State> = {}): State => ({
  ...begin({
    size: { columns, rows },
    now,
    readOnly: false,
    theme: "monochrome",
    program: "machinist",
    help: helpTable(),
  }),
  ...more,
});

export const after = (state: State, ...inputs: readonly Input[]): State => inputs.reduce(reduce, state);

/** A fleet with a Swarm, a machine on its own, one without Docker, and one that nobody reaches. */
export function scene(columns = 80, rows = 24): State {
  const nodes = [
    { id: "n1", role: "manager", availability: "active", state: "ready", leader: true },
    { id: "n2", role: "worker", availability: "drain", state: "ready", leader: false },
  ];
  const resource = (id: string, kind: string, parents: readonly string[]) => ({
    id,
    kind,
    props: {},
    parents,
    generation: 1,
    status: "created" as const,
    intentAt: now,
    state: { id: `${kind}-1`, address: "10.0.0.1" },
  });
  const resources = [
    resource("manager-1/instance", "nspawn.machine", ["@demo/bridge"]),
    resource("manager-1/engine", "docker.engine", ["manager-1/instance"]),
    resource("manager-1/swarm", "swarm.member", ["manager-1/engine"]),
    resource("manager-1/compose:consul", "compose.project", ["manager-1/engine"]),
  ];
  const host = (number: number) => ({ host: `10.0.0.${number}`, port: 22, user: "root" });
  return after(
    empty(columns, rows),
    { type: "names", names: ["manager-1", "worker-1", "worker-2", "worker-10", "box", "lost", "箱"] },
    {
      type: "infos",
      infos: [
        info("manager-1", { fleet: "demo", swarm: "manager", resources, endpoint: host(1) }),
        info("worker-1", { fleet: "demo", swarm: "worker", endpoint: host(2) }),
        info("worker-2", { fleet: "demo", swarm: "worker", endpoint: host(3), leaseUntil: now + 5 * 3_600_000 }),
        info("worker-10", {
          fleet: "demo",
          swarm: "worker",
          endpoint: host(4),
          incomplete: true,
          resume: "machinist up",
        }),
        info("box", { driver: "simulated", engine: false, endpoint: host(5) }),
        info("lost", { driver: "amazonec2", endpoint: { host: "192.0.2.99", port: 22, user: "admin" } }),
        info("箱", { driver: "generic", certExpires: new Date(now - dayMs).toISOString(), endpoint: host(6) }),
      ],
    },
    ...["manager-1", "worker-1", "worker-2", "box", "lost", "箱"].map(
      (machine): Input => ({ type: "power", machine, state: machine === "worker-2" ? "stopped" : "running" }),
    ),
    { type: "engine", machine: "manager-1", facts: facts({ node: "n1", nodes }) },
    { type: "engine", machine: "worker-1", facts: facts({ node: "n2", running: 12, containers: 12 }) },
    { type: "engine", machine: "箱", facts: facts({ version: "20.10.24", running: 0, containers: 1 }) },
    { type: "no-engine", machine: "box" },
    { type: "use", machine: "manager-1", use: { load: 0.35, memory: 0.5, disk: 0.82 } },
    { type: "use", machine: "worker-1", use: { load: 1.2, memory: 0.31, disk: 0.4 } },
    { type: "costs", costs: new Map([["manager-1", { hourly: 0.018, currency: "USD" }]]) },
    {
      type: "unreachable",
      machine: "lost",
      message: "Docker on lost (tcp://192.0.2.99:2376) did not answer within 5000 ms",
    },
  );
}

/** Types keys, as a terminal sends them; effects are gathered instead of done. */
export function press(state: State, typed: string, effects: Effect[] = []): State {
  let current = state;
  const { keys, rest } = decodeKeys(typed);
  const all = rest === "\x1b" ? [...keys, { name: "esc", text: "" }] : keys;
  for (const key of all)
    for (const input of onKey(current, key)) {
      if (input.type === "effect") effects.push(input.effect);
      current = reduce(current, input);
    }
  return current;
}

const container = (name: string, running = true) => ({
  key: name,
  cells: [name, running ? "running" : "exited", "nginx", "", "", "", "Up"],
  mood: "good" as const,
  container: { id: name, name, running },
});

/** The detail of manager-1 with its containers. */
export const containers = (columns = 80, rows = 24): State =>
  after(press(scene(columns, rows), "\r4"), {
    type: "answer",
    machine: "manager-1",
    tab: "containers",
    answer: { rows: [container("web"), container("old", false)] },
  });

const toy: DriverChoice = {
  name: "toy",
  description: "Machines made of nothing",
  required: ["size"],
  options: {
    colour: { type: "string", description: "Its colour", default: "red", enum: ["red", "blue"] },
    size: { type: "integer", description: "How big", minimum: 1 },
    shiny: { type: "boolean", description: "Whether it shines" },
    tags: { type: "array", description: "Tags", items: { type: "string" } },
    old: { type: "string", description: "Old", "x-unused": "Nothing is made of iron any more" },
    key: { type: "string", description: "Its key", "x-env": "TOY_KEY" },
  },
};
const clay: DriverChoice = { name: "clay", description: "Of clay", required: [], options: {} };

/** The form for new machines. */
export const form = (columns = 80, rows = 24): State =>
  after(scene(columns, rows), { type: "open-form", drivers: [toy, clay] });
