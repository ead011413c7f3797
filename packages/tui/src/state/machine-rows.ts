import type { Mood, Row } from "./rows.ts";
import { sizeWord } from "./size-word.ts";
import type { Sort } from "./sort.ts";
import type { Cost, Machine, NodeFacts, State } from "./state.ts";
import { type Column, naturally, type Table } from "./table.ts";

const dayMs = 86_400_000;

export const machineColumns: readonly Column[] = [
  { title: "NAME", keep: 100, most: 32, sort: "name" },
  { title: "STATE", keep: 99, sort: "state" },
  { title: "ADDRESS", keep: 90, most: 39, sort: "address" },
  { title: "DRIVER", keep: 40, most: 14, sort: "driver" },
  { title: "DOCKER", keep: 60, most: 12, sort: "docker" },
  { title: "SWARM", keep: 80, most: 16 },
  { title: "UP/ALL", keep: 85, right: true, sort: "containers" },
  { title: "LOAD", keep: 64, right: true, sort: "load" },
  { title: "MEM", keep: 63, right: true, sort: "memory" },
  { title: "DISK", keep: 62, right: true, sort: "disk" },
  { title: "CPUS", keep: 30, right: true },
  { title: "MEMORY", keep: 31, right: true },
  { title: "PRICE/H", keep: 50, right: true, sort: "price" },
  { title: "CERT", keep: 70, right: true, sort: "certificate" },
  { title: "LEASE", keep: 65, right: true },
  { title: "NOTE", keep: 95 },
];

/** The heading's key of a fleet; no machine's name can be the same. */
export const fleetKey = (fleet: string): string => `@${fleet}`;
/** The heading of machines whose fleet is not known: their records are being read, or cannot be. */
const unread = "records not read";

/** All machines as a table: grouped by fleet, filtered and sorted. */
export function machineTable(state: State): Table {
  const shown = shownMachines(state);
  const nodes = swarmNodes(state.machines.values());
  const groups = new Map<string, Machine[]>();
  for (const machine of shown) {
    const fleet = groupOf(machine);
    const members = groups.get(fleet);
    if (members) members.push(machine);
    else groups.set(fleet, [machine]);
  }
  const names = [...groups.keys()].sort((a, b) => Number(a === unread) - Number(b === unread) || naturally(a, b));
  const rows = names.flatMap((fleet) => {
    const members = groups.get(fleet)!.sort(orderBy(state.sort));
    const folded = state.folded.has(fleet);
    const heading = { ...plainRow(fleetKey(fleet)), heading: headingOf(fleet, members, folded) };
    return folded ? [heading] : [heading, ...members.map((machine) => rowOf(machine, nodes, state.now))];
  });
  return { columns: withoutEmpty(rows), rows, empty: emptyWords(state) };
}

/** Columns that are only there where some machine has something in them. */
const seldom = new Set(["LOAD", "MEM", "DISK", "PRICE/H", "LEASE"]);

const withoutEmpty = (rows: readonly Row[]): readonly Column[] =>
  machineColumns.map((column, index) =>
    !seldom.has(column.title) || rows.some(({ cells }) => (cells[index] ?? "") !== "")
      ? column
      : { ...column, keep: -1 },
  );

function emptyWords({ loaded, filter, program }: State): string[] {
  if (!loaded) return ["Looking for machines"];
  if (filter !== "") return [`No machine matches ${filter}`, "Esc shows all again"];
  return [
    "There are no machines here yet.",
    "",
    "n                       opens a form for new ones",
    `${program} create NAME   makes one`,
    `${program} up            makes what machines.yaml declares`,
  ];
}

export const groupOf = ({ info }: Machine): string => info?.fleet ?? unread;

/** The machines that the filter lets through. */
export function shownMachines({ machines, filter }: State): Machine[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const all = [...machines.values()];
  if (words.length === 0) return all;
  return all.filter((machine) => {
    const text = searched(machine);
    return words.every((word) =>
      word.startsWith("!") && word.length > 1 ? !text.includes(word.slice(1)) : text.includes(word),
    );
  });
}

function searched(machine: Machine): string {
  const { name, info, engine } = machine;
  const labels = info?.engine && typeof info.engine.labels === "object" ? JSON.stringify(info.engine.labels) : "";
  return [name, info?.fleet, info?.driver, stateWord(machine), addressOf(machine), info?.swarm, engine?.version, labels]
    .join(" ")
    .toLowerCase();
}

function headingOf(fleet: string, members: readonly Machine[], folded: boolean): string {
  const bad = members.filter((machine) => moodOf(machine) === "bad").length;
  const count = `${members.length} ${members.length === 1 ? "machine" : "machines"}`;
  return `${folded ? "+" : "-"} ${fleet}  ${count}${bad > 0 ? `, ${bad} in trouble` : ""}`;
}

const plainRow = (key: string): Row => ({ key, cells: [], mood: "plain" });

function rowOf(machine: Machine, nodes: ReadonlyMap<string, NodeFacts>, now: number): Row {
  const { name, info, engine, use, cost } = machine;
  const cells = [
    name,
    stateWord(machine),
    addressOf(machine),
    info?.driver ?? "",
    engine?.version ?? (info?.engine === false && machine.reach !== "unreachable" ? "none" : ""),
    swarmWord(machine, nodes),
    engine === undefined ? "" : `${engine.running}/${engine.containers}`,
    percent(use?.load),
    percent(use?.memory),
    percent(use?.disk),
    engine === undefined ? "" : String(engine.cpus),
    engine === undefined ? "" : sizeWord(engine.memoryBytes),
    cost === undefined ? "" : costWord(cost),
    certificateWord(info?.certExpires, now),
    leaseWord(info?.leaseUntil, now),
    noteOf(machine),
  ];
  return { key: name, cells, mood: moodOf(machine) };
}

const percent = (share: number | undefined): string => (share === undefined ? "" : `${Math.round(share * 100)}%`);

/** Per hour; a cent's thousandths tell small machines apart. */
export const costWord = ({ hourly, currency }: Cost): string =>
  currency === "USD" ? `$${hourly.toFixed(3)}` : `${hourly.toFixed(3)} ${currency}`;

/** `unreachable` says more than the `running` of a provider. */
export const stateWord = ({ state, reach }: Machine): string =>
  reach === "unreachable" && (state === "running" || state === "unknown") ? "unreachable" : state;

export function moodOf(machine: Machine): Mood {
  const { state, broken, activity, info } = machine;
  if (broken !== undefined || stateWord(machine) === "unreachable" || state === "error" || state === "missing")
    return "bad";
  if (activity !== undefined || state === "starting" || state === "stopping") return "busy";
  if (info?.incomplete) return "warn";
  return state === "running" ? "good" : "faint";
}

export function addressOf({ info }: Machine): string {
  if (info?.endpoint) return info.endpoint.host;
  return info?.url?.replace(/^tcp:\/\//, "").replace(/:\d+$/, "") ?? "";
}

/** What a person should know of it first. */
export function noteOf(machine: Machine): string {
  if (machine.activity !== undefined) return machine.activity;
  const why = machine.broken ?? machine.refusal ?? machine.silent;
  if (why !== undefined) return why;
  return machine.info?.incomplete ? `incomplete; to resume: ${machine.info.resume}` : "";
}

/** Every node that any manager told of, by its id. */
export function swarmNodes(machines: Iterable<Machine>): ReadonlyMap<string, NodeFacts> {
  const nodes = new Map<string, NodeFacts>();
  for (const { engine } of machines) for (const node of engine?.nodes ?? []) nodes.set(node.id, node);
  return nodes;
}

function swarmWord({ info, engine }: Machine, nodes: ReadonlyMap<string, NodeFacts>): string {
  const node = engine?.node === undefined ? undefined : nodes.get(engine.node);
  if (node === undefined) return info?.swarm ?? "";
  const state = node.state === "ready" ? "" : ` ${node.state}`;
  return `${node.role}${node.leader ? "*" : ""}${node.availability === "active" ? "" : ` ${node.availability}`}${state}`;
}

export function daysLeft(until: string | undefined, now: number): number | undefined {
  const days = Math.floor((Date.parse(until ?? "") - now) / dayMs);
  return Number.isFinite(days) ? days : undefined;
}

function certificateWord(until: string | undefined, now: number): string {
  const days = daysLeft(until, now);
  if (days === undefined) return "";
  return days < 0 ? "ended" : `${days}d`;
}

function leaseWord(until: number | undefined, now: number): string {
  if (until === undefined) return "";
  const minutes = Math.floor((until - now) / 60_000);
  if (minutes < 0) return "ended";
  if (minutes < 100) return `${minutes}m`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)}h` : `${Math.floor(minutes / 1440)}d`;
}

function orderBy({ by, down }: Sort): (a: Machine, b: Machine) => number {
  const value = sortValues[by];
  const turn = down ? -1 : 1;
  return (a, b) => {
    const [left, right] = [value(a), value(b)];
    const order =
      typeof left === "number" && typeof right === "number" ? left - right : naturally(String(left), String(right));
    return order * turn || naturally(a.name, b.name);
  };
}

const sortValues: { readonly [key in Sort["by"]]: (machine: Machine) => string | number } = {
  name: ({ name }) => name,
  state: stateWord,
  address: addressOf,
  driver: ({ info }) => info?.driver ?? "",
  docker: ({ engine }) => engine?.version ?? "",
  containers: ({ engine }) => engine?.running ?? -1,
  load: ({ use }) => use?.load ?? -1,
  memory: ({ use }) => use?.memory ?? -1,
  disk: ({ use }) => use?.disk ?? -1,
  price: ({ cost }) => cost?.hourly ?? -1,
  certificate: ({ info }) => Date.parse(info?.certExpires ?? "") || Number.MAX_SAFE_INTEGER,
};
