import type { Mood, Row } from "../state/rows.ts";
import { sizeWord } from "../state/size-word.ts";
import type { Usage } from "./usage.ts";

/** One of the answer to `/containers/json`. */
export interface ListedContainer {
  readonly Id: string;
  readonly Names?: readonly string[];
  readonly State?: string;
  readonly Status?: string;
  readonly Image?: string;
  readonly Ports?: readonly { readonly PublicPort?: number; readonly PrivatePort?: number; readonly Type?: string }[];
}

const moods: { readonly [state: string]: Mood } = {
  running: "good",
  restarting: "busy",
  paused: "warn",
  dead: "bad",
  exited: "faint",
  created: "faint",
};

/** Running ones first, then by name. */
export function containerRows(containers: readonly ListedContainer[], usage: ReadonlyMap<string, Usage>): Row[] {
  return containers
    .map((one) => rowOf(one, usage.get(one.Id)))
    .sort(
      (a, b) => Number(b.container!.running) - Number(a.container!.running) || (a.cells[0]! < b.cells[0]! ? -1 : 1),
    );
}

function rowOf({ Id, Names, State = "", Status = "", Image = "", Ports = [] }: ListedContainer, used?: Usage): Row {
  const name = Names?.[0]?.replace(/^\//, "") ?? Id.slice(0, 12);
  const running = State === "running";
  const unhealthy = /\(unhealthy\)/.test(Status);
  const cells = [
    name,
    unhealthy ? "unhealthy" : State,
    Image,
    running && used?.cpu !== undefined ? `${used.cpu.toFixed(1)}%` : "",
    running && used !== undefined ? sizeWord(used.memoryBytes) : "",
    portWords(Ports),
    Status,
  ];
  return { key: Id, cells, mood: unhealthy ? "bad" : (moods[State] ?? "plain"), container: { id: Id, name, running } };
}

/** The same port is listed once for IPv4 and once for IPv6. */
function portWords(ports: NonNullable<ListedContainer["Ports"]>): string {
  const words = ports
    .filter(({ PublicPort }) => PublicPort !== undefined)
    .map(({ PublicPort, PrivatePort, Type }) => `${PublicPort}->${PrivatePort}${Type === "tcp" ? "" : `/${Type}`}`);
  return [...new Set(words)].join(" ");
}
