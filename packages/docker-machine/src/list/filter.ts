import { Complaint } from "../complaint.ts";
import type { Host } from "../host/load.ts";
import { namePattern } from "./name-pattern.ts";

/** What `--filter` asks for: any of a key's values, and every key. */
export interface Filters {
  readonly name: readonly ((name: string) => boolean)[];
  readonly driver: readonly string[];
  readonly state: readonly string[];
  readonly swarm: readonly string[];
  readonly label: readonly string[];
}

const keys: readonly (keyof Filters)[] = ["swarm", "driver", "state", "name", "label"];

export const noFilters: Filters = { name: [], driver: [], state: [], swarm: [], label: [] };

/** Throws a Complaint in docker-machine's words. */
export async function readFilters(texts: readonly string[]): Promise<Filters> {
  const filters = { name: [], driver: [], state: [], swarm: [], label: [] } as Record<keyof Filters, string[]>;
  for (const text of texts) {
    const at = text.indexOf("=");
    if (at < 0) throw new Complaint("Unsupported filter syntax");
    const key = text.slice(0, at).toLowerCase() as keyof Filters;
    if (!keys.includes(key)) throw new Complaint(`Unsupported filter key '${text.slice(0, at).toLowerCase()}'`);
    filters[key].push(text.slice(at + 1));
  }
  const bare = filters.label.find((label) => !label.includes("="));
  if (bare !== undefined) throw new Complaint(`Unsupported filter syntax: a label is KEY=VALUE, not ${bare}`);
  return { ...filters, name: await Promise.all(filters.name.map(namePattern)) };
}

/** Whether a machine is among those asked for, as far as its files tell: all but its state. */
export function matches({ name, config }: Host, filters: Filters, masters: ReadonlyMap<string, string>): boolean {
  const { SwarmOptions: swarm, EngineOptions: engine } = config.HostOptions;
  const any = <T>(values: readonly T[], fits: (value: T) => boolean) => values.length === 0 || values.some(fits);
  return (
    any(filters.driver, (value) => value.toLowerCase() === config.DriverName.toLowerCase()) &&
    any(filters.name, (fits) => fits(name)) &&
    any(filters.swarm, (value) => (masters.get(swarm.Discovery) ?? "").toLowerCase() === value.toLowerCase()) &&
    any(filters.label, (value) => hasLabel(engine.Labels ?? [], value))
  );
}

/** A label's name is taken to the letter, its value is not; of several with one name the last counts. */
function hasLabel(labels: readonly string[], wanted: string): boolean {
  const split = (label: string) => [label.split("=", 1)[0]!, label.slice(label.indexOf("=") + 1)] as const;
  const [name, value] = split(wanted);
  const found = labels.map(split).findLast(([each]) => each === name);
  return found !== undefined && found[1].toLowerCase() === value.toLowerCase();
}

export const stateMatches = (state: string, { state: wanted }: Filters): boolean =>
  wanted.length === 0 || wanted.some((value) => value.toLowerCase() === state.toLowerCase());
