import type { SavedResource } from "@machinist/core";
import type { KeptEvent } from "@machinist/fleet";
import { engineRows } from "./engine-rows.ts";
import { eventWords, isAbout } from "./event-words.ts";
import type { Mood, Row } from "./rows.ts";
import type { Answer, MachineScreen, Tab } from "./screens.ts";
import type { Machine, State } from "./state.ts";
import type { Column, Table } from "./table.ts";
import { treeOf } from "./tree.ts";

const columnsOf: { readonly [tab in Tab]: readonly Column[] } = {
  resources: columns("RESOURCE", "STATUS", "DRIFT", "KIND", "KNOWN"),
  events: columns("TIME", "WHAT", "STATUS", "DETAIL"),
  engine: columns("SETTING", "VALUE"),
  containers: columns("NAME", "STATE", "IMAGE", "CPU", "MEMORY", "PORTS", "STATUS"),
  images: columns("IMAGE", "SIZE", "AGE", "ID"),
  volumes: columns("NAME", "DRIVER", "MOUNTPOINT"),
  nodes: columns("HOSTNAME", "ROLE", "AVAILABILITY", "STATE", "ENGINE", "ADDRESS"),
  services: columns("NAME", "MODE", "REPLICAS", "IMAGE", "PORTS"),
  tasks: columns("TASK", "STATE", "WANTED", "NODE", "MESSAGE"),
};

/** The first column is kept longest, the last goes first. */
function columns(...titles: string[]): Column[] {
  return titles.map((title, index) => ({ title, keep: 100 - index, most: 60 }));
}

/** What a tab of a machine's detail lists. */
export function detailTable(state: State, screen: MachineScreen): Table {
  const machine = state.machines.get(screen.machine);
  const columns = columnsOf[screen.tab];
  if (machine === undefined) return { columns, rows: [], empty: [`${screen.machine} is gone`] };
  if (screen.tab === "resources")
    return {
      columns,
      rows: withDrift(resourceRows(machine.info?.resources ?? []), screen.answers.resources),
      empty: ["Nothing is recorded of it"],
    };
  if (screen.tab === "events") return { columns, rows: eventRows(state, machine.name), empty: ["No events are kept"] };
  if (screen.tab === "engine")
    return { columns, rows: engineRows(machine, screen.answers.engine?.rows ?? [], state.now), empty: [] };
  const answer = screen.answers[screen.tab];
  return { columns, rows: answer?.rows ?? [], empty: emptyWords(screen, machine) };
}

function emptyWords({ tab, answers }: MachineScreen, machine: Machine): string[] {
  const answer = answers[tab];
  if (answer?.failure !== undefined) return [answer.failure];
  if (machine.reach === "none") return [`There is no Docker on ${machine.name}`];
  if (answer === undefined) return ["Asking Docker"];
  return [tab === "nodes" || tab === "services" || tab === "tasks" ? `The Swarm has no ${tab}` : `There are no ${tab}`];
}

const moods: { readonly [status in SavedResource["status"]]: Mood } = {
  created: "good",
  creating: "busy",
  updating: "busy",
  deleting: "warn",
};

/** Beside each resource whether it is what was asked for: looked at while the detail is open. */
function withDrift(rows: readonly Row[], answer: Answer | undefined): Row[] {
  const found = new Map(answer?.rows.map((row) => [row.key, row]));
  const unread = answer === undefined ? "looking" : answer.failure === undefined ? "" : "not seen";
  return rows.map((row) => {
    const told = found.get(row.key);
    const [name = "", status = "", ...rest] = row.cells;
    const mood = row.mood === "good" && told !== undefined ? told.mood : row.mood;
    return { ...row, mood, cells: [name, status, told?.cells[0] ?? unread, ...rest] };
  });
}

/** Resources as a tree: each below the first of its parents that is the machine's own. */
export const resourceRows = (resources: readonly SavedResource[]): Row[] =>
  treeOf(resources, ({ parents, after = [] }) => [...parents, ...after]).map(({ node, stem }) =>
    resourceRow(node, stem),
  );

function resourceRow({ id, status, kind, state, out, parents }: SavedResource, stem: string): Row {
  const shared = parents.filter((parent) => parent.startsWith("@")).map((parent) => `in ${parent}`);
  const facts = Object.entries(state ?? {})
    .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value) && value !== "")
    .map(([key, value]) => `${key}=${String(value)}`);
  const local = id.slice(id.indexOf("/") + 1);
  const cells = [`${stem}${local}`, out ? `${status}, drained` : status, kind, [...shared, ...facts].join("  ")];
  return { key: id, cells, mood: out ? "warn" : moods[status] };
}

/** The newest first. */
function eventRows({ events }: State, machine: string): Row[] {
  return events
    .filter((event) => isAbout(event, machine))
    .map(eventRow)
    .reverse();
}

function eventRow(event: KeptEvent): Row {
  const { what, status, detail, mood } = eventWords(event);
  return { key: `${event.run} ${event.at} ${what} ${status}`, cells: [timeOf(event.at), what, status, detail], mood };
}

export function timeOf(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}
