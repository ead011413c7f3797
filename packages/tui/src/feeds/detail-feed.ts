import { asMachinistError, createLimit, type EngineApi } from "@machinist/core";
import type { Machinist } from "@machinist/fleet";
import { hostUsage } from "../docker/host-usage.ts";
import { imageRows, type ListedImage, type ListedVolume, volumeRows } from "../docker/store-rows.ts";
import {
  type ListedNode,
  type ListedService,
  type ListedTask,
  nodeRows,
  serviceRows,
  taskRows,
} from "../docker/swarm-rows.ts";
import { driftRows } from "../state/drift-rows.ts";
import { groupOf } from "../state/machine-rows.ts";
import type { Row } from "../state/rows.ts";
import { askedTabs, type Tab } from "../state/screens.ts";
import { type State, topOf } from "../state/state.ts";
import { ContainerAsker } from "./container-asker.ts";
import type { EngineClients } from "./engine-clients.ts";
import { Poll } from "./poll.ts";
import type { Store } from "./store.ts";

const deadlineMs = 8000;
/** The truth of every resource is looked at: some of them over SSH. */
const driftMs = 30_000;
const everyMs: { readonly [tab in Tab]?: number } = {
  resources: driftMs,
  engine: 5000,
  containers: 3000,
  images: 15_000,
  volumes: 15_000,
};
const swarmMs = 4000;

/** Asks for what the open part of a machine's detail lists, as long as it is open. */
export class DetailFeed {
  readonly #machinist: Pick<Machinist, "host" | "drift">;
  readonly #store: Store;
  readonly #clients: EngineClients;
  #open = "";
  #poll: Poll | undefined;

  constructor(machinist: Pick<Machinist, "host" | "drift">, store: Store, clients: EngineClients) {
    this.#machinist = machinist;
    this.#store = store;
    this.#clients = clients;
    store.listen(() => this.#follow());
  }

  refresh(): void {
    this.#poll?.now();
  }

  stop(): void {
    this.#poll?.stop();
  }

  #follow(): void {
    const wanted = openTab(this.#store.state);
    const open = wanted === undefined ? "" : `${wanted.machine} ${wanted.tab}`;
    if (open === this.#open) return;
    this.#open = open;
    this.#poll?.stop();
    this.#poll = wanted && this.#pollFor(wanted.machine, wanted.tab);
    this.#poll?.now();
  }

  async #hostRows(machine: string, signal: AbortSignal): Promise<Row[]> {
    try {
      return await hostUsage(await this.#machinist.host(machine, { signal }), signal, deadlineMs);
    } catch (thrown) {
      if (withoutHost.includes(asMachinistError(thrown).code)) return [];
      throw thrown;
    }
  }

  #pollFor(machine: string, tab: Tab): Poll {
    const tell = (rows: readonly Row[], failure?: string) =>
      this.#store.dispatch({
        type: "answer",
        machine,
        tab,
        answer: { rows, ...(failure === undefined ? {} : { failure }) },
      });
    const containers = new ContainerAsker();
    return new Poll({
      everyMs: () => everyMs[tab] ?? swarmMs,
      deadlineMs: tab === "resources" ? driftMs : deadlineMs,
      mostMs: 60_000,
      limit: createLimit(1),
      ask: async (signal) => {
        const { state } = this.#store;
        if (tab === "resources") return tell(driftRows(await this.#machinist.drift(machine, { signal })));
        if (tab === "engine") return tell(await this.#hostRows(machine, signal));
        const asked = swarmTabs.includes(tab) ? managerFor(state, machine) : machine;
        const api = await this.#clients.of(asked);
        if (tab === "containers") await containers.ask(api, signal, tell);
        else tell(await rowsOf(tab, api, signal));
      },
      failed: ({ message }) => tell([], message),
    });
  }
}

/** Machines without SSH have no host that could be asked. */
const withoutHost: readonly string[] = ["machine.no-ssh", "machine.no-address"];

const swarmTabs: readonly Tab[] = ["nodes", "services", "tasks"];

function openTab(state: State): { machine: string; tab: Tab } | undefined {
  const top = topOf(state);
  if (top.name !== "machine" || !askedTabs.includes(top.tab)) return undefined;
  return top.tab !== "engine" && top.tab !== "resources" && state.machines.get(top.machine)?.reach === "none"
    ? undefined
    : { machine: top.machine, tab: top.tab };
}

/** Only managers know the Swarm: a worker's is asked of one of its fleet. */
function managerFor({ machines }: State, name: string): string {
  const machine = machines.get(name);
  if (machine === undefined || machine.engine?.nodes !== undefined) return name;
  const own = groupOf(machine);
  const manager = [...machines.values()].find(
    (other) =>
      other.reach === "reached" &&
      other.engine?.nodes?.some(({ id }) => id === machine.engine?.node) !== false &&
      other.engine?.nodes !== undefined &&
      groupOf(other) === own,
  );
  return manager?.name ?? name;
}

async function rowsOf(tab: Tab, api: EngineApi, signal: AbortSignal): Promise<Row[]> {
  const list = <T>(path: string) => api.request<T>("GET", path, { signal, timeoutMs: deadlineMs });
  switch (tab) {
    case "images":
      return imageRows(await list<readonly ListedImage[]>("/images/json"), Date.now());
    case "volumes":
      return volumeRows((await list<{ Volumes?: readonly ListedVolume[] | null }>("/volumes")).Volumes ?? []);
    case "nodes":
      return nodeRows(await list<readonly ListedNode[]>("/nodes"));
    case "services": {
      const services = await list<readonly ListedService[]>("/services");
      return serviceRows(services, await list<readonly ListedTask[]>("/tasks"));
    }
    case "tasks": {
      const tasks = await list<readonly ListedTask[]>("/tasks");
      const services = await list<readonly ListedService[]>("/services");
      return taskRows(tasks, services, await list<readonly ListedNode[]>("/nodes"));
    }
    default:
      return [];
  }
}
